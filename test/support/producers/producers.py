"""Events as services in Python write them, with each compression, binary and structured, idempotent.

producers.py LIBRARY               ends with 0 where the library is
producers.py LIBRARY BROKERS TOPIC writes
LIBRARY is confluent-kafka (librdkafka), kafka-python or aiokafka; requirements.txt has versions that were tried.
"""

import asyncio
import json
import sys

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
EVENTS = 200
TEXT = "größer 😀 " * 20


def records(library):
    """Headers and value of each, codec by codec."""
    for codec in CODECS:
        yield codec, [record(library, f"{codec}-{n}", n % 2 == 0) for n in range(EVENTS)]


def record(library, event_id, is_binary):
    data = {"id": event_id, "text": TEXT}
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/{library}",
        "type": "order.created",
        "clientid": "acme",
    }
    if is_binary:
        headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
        value, content_type = data, b"application/json"
    else:
        headers, value, content_type = [], {**attributes, "data": data}, b"application/cloudevents+json"
    return [*headers, ("content-type", content_type)], json.dumps(value, ensure_ascii=False).encode()


def confluent(brokers, topic):
    from confluent_kafka import Producer

    if brokers is None:
        return
    for codec, of_codec in records("confluent-kafka"):
        options = {"bootstrap.servers": brokers, "compression.type": codec}
        producer = Producer({**options, "enable.idempotence": True, "linger.ms": 50})
        for headers, value in of_codec:
            producer.produce(topic, value, key=b"key", headers=headers)
        if producer.flush(20) != 0:
            raise SystemExit(f"{codec}: not all was acknowledged")


def kafka_python(brokers, topic):
    from kafka import KafkaProducer

    if brokers is None:
        return
    for codec, of_codec in records("kafka-python"):
        compression = None if codec == "none" else codec
        producer = KafkaProducer(
            bootstrap_servers=brokers, compression_type=compression, enable_idempotence=True, acks="all", linger_ms=50
        )
        sent = [producer.send(topic, value, key=b"key", headers=headers) for headers, value in of_codec]
        producer.flush(20)
        for one in sent:
            one.get(5)
        producer.close()


def aio(brokers, topic):
    from aiokafka import AIOKafkaProducer

    async def write():
        for codec, of_codec in records("aiokafka"):
            compression = None if codec == "none" else codec
            producer = AIOKafkaProducer(
                bootstrap_servers=brokers, compression_type=compression, enable_idempotence=True, linger_ms=50
            )
            await producer.start()
            sent = [await producer.send(topic, value, key=b"key", headers=headers) for headers, value in of_codec]
            await asyncio.gather(*sent)
            await producer.stop()

    if brokers is not None:
        asyncio.run(write())


WRITERS = {"confluent-kafka": confluent, "kafka-python": kafka_python, "aiokafka": aio}

library, brokers, topic = [*sys.argv[1:], None, None][:3]
WRITERS[library](brokers, topic)
