/** Provides MikroORM, its EntityManager and Database; closes the pool when consumers have drained. Does not migrate. */
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { EntityManager, PostgreSqlDriver } from '@mikro-orm/postgresql';
import { Module, type DynamicModule } from '@nestjs/common';
import type { ConfigOf } from '../runtime/config.ts';
import type { databaseKeys } from '../runtime/config-keys.ts';
import { Database } from './server/database.ts';
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
    const database = {
      provide: Database,
      inject: [EntityManager],
      useFactory: (em: EntityManager) => new Database(em),
    };
    return { module: PostgresModule, global: true, imports: [orm], providers: [database], exports: [orm, Database] };
  }
}
