/** Every operation of the API, in the order of the reference. */
import * as audit from './audit.ts';
import * as cataloguePublication from './catalogue-publication.ts';
import * as clientLeaving from './client-leaving.ts';
import * as clientSuspension from './client-suspension.ts';
import * as clients from './clients.ts';
import * as deliveries from './deliveries.ts';
import * as eventErasure from './event-erasure.ts';
import * as eventTypeImports from './event-type-imports.ts';
import * as eventTypes from './event-types.ts';
import * as events from './events.ts';
import type { Operation } from './operation.ts';
import * as portalSessions from './portal-sessions.ts';
import * as rejectedEvents from './rejected-events.ts';
import * as replays from './replays.ts';
import * as search from './search.ts';
import * as settings from './settings.ts';
import * as stats from './stats.ts';
import * as stream from './stream.ts';
import * as system from './system.ts';
import * as webhookChecks from './webhook-checks.ts';
import * as webhookPause from './webhook-pause.ts';
import * as webhookRewind from './webhook-rewind.ts';
import * as webhookSecrets from './webhook-secrets.ts';
import * as webhookVerification from './webhook-verification.ts';
import * as webhooks from './webhooks.ts';

export const allOperations: readonly Operation[] = [
  clients.createClient,
  clients.listClients,
  clients.getClient,
  clients.updateClient,
  clientSuspension.suspendClient,
  clientSuspension.reactivateClient,
  clientLeaving.deleteClient,
  clientLeaving.getLeaving,
  clients.createClientKey,
  clients.listClientKeys,
  clients.revokeClientKey,
  clients.createOperatorKey,
  clients.listOperatorKeys,
  clients.revokeOperatorKey,
  portalSessions.createPortalSession,
  portalSessions.endPortalSession,
  portalSessions.endPortalSessions,
  portalSessions.getCaller,
  portalSessions.renewSession,
  portalSessions.endOwnSession,
  portalSessions.createOwnSession,
  webhooks.createWebhook,
  webhooks.listWebhooks,
  webhooks.getWebhook,
  webhooks.updateWebhook,
  webhookSecrets.listSecrets,
  webhookSecrets.endSecret,
  webhooks.deleteWebhook,
  webhooks.enableWebhook,
  webhooks.disableWebhook,
  webhookPause.pauseWebhook,
  webhookPause.resumeWebhook,
  webhookRewind.rewindWebhook,
  webhookSecrets.rotateSecret,
  webhookChecks.getWebhookHealth,
  webhookChecks.pingWebhook,
  webhookChecks.sendTestEvent,
  webhookVerification.verifyWebhook,
  webhookChecks.testFilter,
  deliveries.listDeliveries,
  deliveries.countDeliveries,
  deliveries.exportDeliveries,
  deliveries.listWebhookDeliveries,
  deliveries.getDelivery,
  deliveries.resendDelivery,
  replays.createReplay,
  replays.listReplays,
  replays.getReplay,
  replays.cancelReplay,
  events.publishEvents,
  events.listEvents,
  events.exportEvents,
  events.getEvent,
  eventErasure.eraseEvent,
  rejectedEvents.listRejectedEvents,
  rejectedEvents.redriveRejectedEvents,
  search.search,
  eventTypes.putEventType,
  eventTypes.updateEventType,
  eventTypes.listEventTypes,
  eventTypes.getEventType,
  eventTypes.deleteEventType,
  eventTypeImports.importEventTypes,
  cataloguePublication.getOpenApi,
  cataloguePublication.getAsyncApi,
  stats.getStats,
  stream.streamOutcomes,
  settings.getSettings,
  settings.updateSettings,
  system.getSystem,
  audit.listAudit,
  audit.exportAudit,
  audit.createErasure,
  audit.listErasures,
  audit.getErasure,
];
