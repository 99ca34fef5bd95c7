/** Where a webhook posts to: its host stands out, and nothing of it is a link that opens. */
import { StrangerText } from '../elements/stranger-text.tsx';
import styles from './endpoint.module.css';
import { endpointParts } from './webhook.ts';

export function Endpoint({ url }: { readonly url: string }) {
  const { host, rest } = endpointParts(url);
  return (
    <bdi className={styles.endpoint}>
      <strong>
        <StrangerText text={host} isBare />
      </strong>
      <StrangerText text={rest} isBare />
    </bdi>
  );
}
