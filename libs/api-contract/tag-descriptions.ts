/** What the groups of operations are about. */
export const tagDescriptions: Readonly<Record<string, string>> = {
  Clients: 'Tenants: they own webhooks, and events name them.',
  'API keys': 'Who may call the API, and what each may do.',
  Webhooks: 'Subscriptions: where events of which types go, and how.',
  'Webhook health and tests': 'How a webhook is doing, and ways to try it.',
  Deliveries: 'What became of an event at a webhook, attempt by attempt.',
  Replays: 'Many deliveries sent again, as a job.',
  Events: 'What happened on the platform, and why it went where it went.',
  'Rejected events': 'Records that came as events and could not be accepted as such, for operators.',
  Search: 'Everything that has an id.',
  'Event types': 'The catalogue: what events of a type look like and whom they are for.',
  Live: 'Outcomes as they happen, and counted.',
  Settings: 'Limits and defaults of this installation.',
  System: 'The state of the whole system, for operators.',
  Audit: 'Who changed what, when, from where.',
};
