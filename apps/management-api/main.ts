/** The management API: REST over the database, the outbox to Kafka, deliveries that people ask for. */
import 'reflect-metadata';
import { runApp } from '../../libs/runtime/app.module.ts';
import { managementApi } from './app.ts';

await runApp(managementApi);
