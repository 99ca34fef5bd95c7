// Events as services in Go write them, with each compression, binary and structured: main LIBRARY BROKERS TOPIC.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/IBM/sarama"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

var codecs = []string{"none", "gzip", "snappy", "lz4", "zstd"}

const events = 200

type header struct{ name, value string }

type record struct {
	headers []header
	value   []byte
}

func recordOf(library, id string, isBinary bool) record {
	data := map[string]any{"id": id, "text": strings.Repeat("größer 😀 ", 20)}
	names := []string{"specversion", "id", "source", "type", "clientid"}
	values := []string{"1.0", id, "/" + library, "order.created", "acme"}
	headers := []header{}
	whole := map[string]any{"data": data}
	for at, name := range names {
		headers = append(headers, header{"ce_" + name, values[at]})
		whole[name] = values[at]
	}
	if isBinary {
		return record{append(headers, header{"content-type", "application/json"}), jsonOf(data)}
	}
	return record{[]header{{"content-type", "application/cloudevents+json"}}, jsonOf(whole)}
}

func jsonOf(value any) []byte {
	text, err := json.Marshal(value)
	check(err)
	return text
}

func recordsOf(library, codec string) []record {
	all := []record{}
	for n := 0; n < events; n++ {
		all = append(all, recordOf(library, fmt.Sprintf("%s-%d", codec, n), n%2 == 0))
	}
	return all
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Idempotent unless told otherwise; its snappy has no frames.
func franz(brokers []string, topic, codec string, all []record) {
	of := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ProducerBatchCompression(of[codec]),
		kgo.ProducerLinger(50*time.Millisecond))
	check(err)
	defer client.Close()
	records := []*kgo.Record{}
	for _, one := range all {
		headers := []kgo.RecordHeader{}
		for _, given := range one.headers {
			headers = append(headers, kgo.RecordHeader{Key: given.name, Value: []byte(given.value)})
		}
		records = append(records, &kgo.Record{Topic: topic, Key: []byte("key"), Value: one.value, Headers: headers})
	}
	check(client.ProduceSync(context.Background(), records...).FirstErr())
}

func ibm(brokers []string, topic, codec string, all []record) {
	config := sarama.NewConfig()
	config.Version = sarama.V2_1_0_0
	config.Producer.Idempotent = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Net.MaxOpenRequests = 1
	check(config.Producer.Compression.UnmarshalText([]byte(codec)))
	producer, err := sarama.NewSyncProducer(brokers, config)
	check(err)
	messages := []*sarama.ProducerMessage{}
	for _, one := range all {
		headers := []sarama.RecordHeader{}
		for _, given := range one.headers {
			headers = append(headers, sarama.RecordHeader{Key: []byte(given.name), Value: []byte(given.value)})
		}
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder("key"),
			Value: sarama.ByteEncoder(one.value), Headers: headers})
	}
	check(producer.SendMessages(messages))
	check(producer.Close())
}

// Knows no idempotence; its snappy has frames.
func segmentio(brokers []string, topic, codec string, all []record) {
	of := map[string]kafka.Compression{"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}
	writer := &kafka.Writer{Addr: kafka.TCP(brokers...), Topic: topic, Compression: of[codec],
		RequiredAcks: kafka.RequireAll, BatchTimeout: 50 * time.Millisecond}
	messages := []kafka.Message{}
	for _, one := range all {
		headers := []kafka.Header{}
		for _, given := range one.headers {
			headers = append(headers, kafka.Header{Key: given.name, Value: []byte(given.value)})
		}
		messages = append(messages, kafka.Message{Key: []byte("key"), Value: one.value, Headers: headers})
	}
	check(writer.WriteMessages(context.Background(), messages...))
	check(writer.Close())
}

func main() {
	writers := map[string]func([]string, string, string, []record){"franz-go": franz, "sarama": ibm, "kafka-go": segmentio}
	library, brokers, topic := os.Args[1], strings.Split(os.Args[2], ","), os.Args[3]
	for _, codec := range codecs {
		writers[library](brokers, topic, codec, recordsOf(library, codec))
	}
}
