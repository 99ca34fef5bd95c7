/** What was published over HTTP under an id of its producer, so that something else under the same id is told from a repeat. */
import { Migration } from '@mikro-orm/migrations';

// Null: published by a version that did not keep it.
export class PublishedContent extends Migration {
  override name = '0179-published-content';

  override up(): void {
    this.addSql('alter table published_event add column content_hash text');
  }
}
