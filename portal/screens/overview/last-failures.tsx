import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Section } from '../../app/page.tsx';
import { useDeliveryColumns } from '../../delivery/delivery-columns.tsx';
import { readDeliveries } from '../../delivery/delivery.ts';
import { DataTable } from '../../elements/data-table.tsx';
import { Loaded } from '../../elements/states.tsx';

const limit = 5;
const status = 'failed_permanent';

export function LastFailures() {
  const { t } = useLingui();
  const columns = useDeliveryColumns({ mark: null, isOfOneWebhook: false });
  const query = useQuery({
    queryKey: ['deliveries', 'last-failures'],
    queryFn: ({ signal }) => readDeliveries({ status, limit }, signal),
  });
  return (
    <Section title={t`Last failed deliveries`}>
      <Loaded query={query} lines={3}>
        {({ data }) =>
          data.length === 0 ? (
            <p>
              <Trans>None failed for good.</Trans>
            </p>
          ) : (
            <>
              <DataTable label={t`Last failed deliveries`} rows={data} keyOf={({ id }) => id} columns={columns} />
              <Link to="/deliveries" search={{ status }}>
                <Trans>All failed deliveries</Trans>
              </Link>
            </>
          )
        }
      </Loaded>
    </Section>
  );
}
