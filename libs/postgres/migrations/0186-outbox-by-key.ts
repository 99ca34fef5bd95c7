/** What waits of one key is asked for with every change of a webhook, also while Kafka is away and much waits. */
import { Migration } from '@mikro-orm/migrations';

export class OutboxByKey extends Migration {
  override name = '0186-outbox-by-key';

  override up(): void {
    this.addSql('create index outbox_topic_key on outbox (topic, key, id)');
  }
}
