/** docs/specification.md: every word of the specification has a place, and every place is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openApiDocument } from '../../libs/api-contract/openapi.ts';
import { repositoryRoot } from './source-tree.ts';

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const page = read('docs/specification.md');
const reference = read('docs/reference.md');

/** As the specification has them. */
const words = `register_webhook update_webhook delete_webhook get_webhook list_webhooks_for_client list_webhook_events
  get_webhook_event_details resend_webhook_event check_webhook_health trigger_test_event :unauthorized :not_found
  id client_id url event_types secret custom_headers is_active failure_count last_successful_delivery_at last_failure_at
  webhook_id event_type payload_sent status attempts next_retry_at last_response_code last_response_body_sample signature_header_value
  Facade Service EventListener Event PayloadSigner Dispatcher DispatcherWithCircuitBreaker Scheduler Monitor AutoHealing
  HealthCheckWorker CleanupWorker Audit Supervisor
  enabled default_signature_algorithm default_http_timeout_ms retry_policy.max_attempts retry_policy.base_delay_seconds
  retry_policy.max_delay_seconds retry_policy.backoff_factor auto_deactivation.enabled auto_deactivation.failure_threshold
  health_check.interval_minutes cleanup_worker.event_log_retention_days max_payload_size_kb allowed_url_schemes
  disallowed_ip_ranges_for_url
  registered.count events.published_to_dispatcher.count delivery.attempts.count delivery.latency_ms retries.scheduled.count
  deactivated_due_to_failure.count circuit_breaker.state_changed.count
  webhook_id_masked event_type http_status_code_group webhook_url_host new_state`.split(/\s+/);

/** Metrics with their labels, as the specification has them. */
const labels: Readonly<Record<string, string>> = {
  webhooks_events_published_to_dispatcher_total: 'event_type',
  webhooks_delivery_attempts_total: 'webhook_id_masked event_type http_status_code_group',
  webhooks_delivery_latency_seconds: 'webhook_id_masked event_type',
  webhooks_deactivated_due_to_failure_total: 'webhook_id_masked',
  webhooks_circuit_breaker_state_changed_total: 'webhook_url_host new_state',
};

test.each(Object.entries(labels))('%s has the labels that the specification names', (metric, names) => {
  const row = reference.split('\n').find((line) => line.startsWith(`| \`${metric}\` |`)) ?? '';
  expect(names.split(' ').filter((name) => !row.includes(`\`${name}\``))).toEqual([]);
});

test.each([
  'failed for good after all retries',
  'definition created, updated, deleted',
  'critical error in dispatcher or scheduler',
  'health check performed',
])('%s has a place', (words) => {
  expect(page).toMatch(new RegExp(`^\\| ${words} +\\|`, 'm'));
});

test('every word has a place', () => {
  const placed = [...page.matchAll(/^\| `?([^`|]+?)`? +\|/gm)].map(([, word = '']) => word.trim());
  expect(words.filter((word) => !placed.includes(word))).toEqual([]);
});

test('every route is one of the API', () => {
  const { paths } = openApiDocument('0') as { paths: Record<string, Record<string, unknown>> };
  const named = [...page.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/v1[^`]*)`/g)];
  expect(named.length).toBeGreaterThan(15);
  const wrong = named.filter(([, method = '', path = '']) => paths[path]?.[method.toLowerCase()] === undefined);
  expect(wrong.map(([route]) => route)).toEqual([]);
});

test('every metric, configuration key and problem code is in the reference', () => {
  const named = [
    ...page.matchAll(
      /`(webhooks_[a-z_]+[a-z]|[A-Z]+(?:_[A-Z]+)+|not_found|webhook_disabled|webhook_deleted|event_not_in_history)`/g,
    ),
  ].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !reference.includes(`| \`${name}\` |`))).toEqual([]);
});

test('every field of a webhook, a delivery or an attempt is in the answers of the API', () => {
  const document = JSON.stringify(openApiDocument('0'));
  const [, fields = ''] = /\n## Webhook\n([^]*)\n## Parts\n/.exec(page) ?? [];
  const named = [...fields.matchAll(/`([a-z]+(?:[A-Z][a-z]+)*)`/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !document.includes(`"${name}"`))).toEqual([]);
});
