import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Events as services in Java write them: with each compression, binary and structured, and in transactions. */
public class JavaProducers {
  private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
  private static final int EVENTS = 200;

  public static void main(String[] args) {
    String brokers = args[0];
    String topic = args[1];
    for (String codec : CODECS) {
      try (KafkaProducer<byte[], byte[]> producer = producer(brokers, Map.of("compression.type", codec))) {
        for (int n = 0; n < EVENTS; n += 1) {
          String id = codec + "-" + n;
          producer.send(n % 2 == 0 ? binary(topic, id) : structured(topic, id));
        }
      }
    }
    Map<String, Object> transactional = Map.of("transactional.id", topic, "compression.type", "lz4");
    try (KafkaProducer<byte[], byte[]> producer = producer(brokers, transactional)) {
      producer.initTransactions();
      for (String outcome : new String[] {"aborted", "committed", "aborted", "committed"}) {
        producer.beginTransaction();
        for (int n = 0; n < 3; n += 1) producer.send(binary(topic, outcome + "-" + n));
        producer.flush();
        if (outcome.equals("aborted")) producer.abortTransaction();
        else producer.commitTransaction();
      }
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(String brokers, Map<String, Object> more) {
    Map<String, Object> options = new java.util.HashMap<>(more);
    options.put("bootstrap.servers", brokers);
    options.put("enable.idempotence", true);
    options.put("linger.ms", 50);
    return new KafkaProducer<>(options, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static ProducerRecord<byte[], byte[]> binary(String topic, String id) {
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, utf8("key"), utf8(data(id)));
    record.headers().add("ce_specversion", utf8("1.0")).add("ce_id", utf8(id)).add("ce_source", utf8("/java"));
    record.headers().add("ce_type", utf8("order.created")).add("ce_clientid", utf8("acme"));
    record.headers().add("content-type", utf8("application/json"));
    return record;
  }

  private static ProducerRecord<byte[], byte[]> structured(String topic, String id) {
    String event = "{\"specversion\":\"1.0\",\"id\":\"" + id + "\",\"source\":\"/java\",\"type\":\"order.created\","
        + "\"clientid\":\"acme\",\"data\":" + data(id) + "}";
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, utf8("key"), utf8(event));
    record.headers().add("content-type", utf8("application/cloudevents+json; charset=UTF-8"));
    return record;
  }

  private static String data(String id) {
    return "{\"id\":\"" + id + "\",\"text\":\"" + "größer 😀 ".repeat(20) + "\"}";
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
