/** Where the parts are wired that erase, and that suspend clients. */
import type { Provider } from '@nestjs/common';
import { Erasing } from '../../../libs/postgres/erasing/erasing.ts';
import { OwnDatabase } from '../../../libs/postgres/server/reserved-database.ts';
import { SuspensionStore } from '../../../libs/postgres/webhooks/suspension-store.ts';
import type { AppContext } from '../../../libs/runtime/app.module.ts';
import type { ManagementApiConfig } from '../config.ts';
import { ErasureRunner, SuspensionRunner } from './erasing-runners.ts';

const hourMs = 3_600_000;

export function erasingProviders(config: ManagementApiConfig, { logger }: AppContext): Provider[] {
  const deliveryAgeMs = config.DELIVERY_MAX_AGE_HOURS * hourMs;
  return [
    {
      provide: ErasureRunner,
      inject: [OwnDatabase],
      useFactory: ({ em }: OwnDatabase) => {
        const erasing = new Erasing(em);
        return new ErasureRunner('erasing', () => erasing.step(), logger);
      },
    },
    {
      provide: SuspensionRunner,
      inject: [OwnDatabase],
      useFactory: ({ em }: OwnDatabase) => {
        const suspensions = new SuspensionStore({
          em,
          deliveryAgeMs,
          mustProve: config.ENDPOINT_VERIFICATION !== 'off',
        });
        return new SuspensionRunner('suspending', () => suspensions.step(), logger);
      },
    },
  ];
}
