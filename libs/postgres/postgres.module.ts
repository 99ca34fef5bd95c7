/** Provides MikroORM and its EntityManager; closes the pool when consumers have drained. Does not migrate. */
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { Module, type DynamicModule } from '@nestjs/common';
import type { ConfigOf } from '../runtime/config.ts';
import type { databaseKeys } from '../runtime/config-keys.ts';
import { ormOptions } from './orm.ts';

@Module({})
export class PostgresModule {
  /** Global. Starts without a database: the first query connects, readiness tells. */
  static async with(config: ConfigOf<typeof databaseKeys>): Promise<DynamicModule> {
    const orm = await MikroOrmModule.forRoot({
      ...ormOptions(config.DATABASE_URL, config.DATABASE_POOL_MAX),
      driver: PostgreSqlDriver,
      // Units of work fork the entity manager themselves.
      registerRequestContext: false,
    });
    return { module: PostgresModule, global: true, imports: [orm], exports: [orm] };
  }
}
