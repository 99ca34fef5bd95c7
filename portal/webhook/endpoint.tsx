/** Where a webhook posts to: its host stands out, and nothing of it is a link that opens. */
import { StrangerText } from '../elements/stranger-text.tsx';
import styles from './endpoint.module.css';
import { endpointParts } from './webhook.ts';

export function Endpoint({ url }: { readonly url: string }) {
  const { host, rest } = endpointParts(url);
  return (
    <span>
      <strong>
        <StrangerText text={host} />
      </strong>
      <span className={styles.rest}>
        <StrangerText text={rest} />
      </span>
    </span>
  );
}
