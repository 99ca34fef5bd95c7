/** What the groups of operations are about. */
export const tagDescriptions: Readonly<Record<string, string>> = {
  Clients: 'Tenants: they own webhooks, and events name them.',
  'API keys': 'What opens the API, and for whom.',
  Webhooks: 'Subscriptions: where events of which types go, and how.',
  'Webhook health and tests': 'How a webhook is doing, and ways to try it.',
  Deliveries: 'What became of an event at a webhook, attempt by attempt.',
  Replays: 'Many deliveries sent again, as a job.',
  Events: 'What happened on the platform, and why it went where it went.',
  'Rejected events': 'What came as an event and was none, for operators.',
  Search: 'Whatever has an id.',
  'Event types': 'The catalogue: what events of a type look like and whom they are for.',
  Live: 'Outcomes as they happen, and counted.',
  Settings: 'Limits and defaults of this installation.',
  System: 'How the whole of it is, for operators.',
  Audit: 'Who changed what, when, from where.',
};
