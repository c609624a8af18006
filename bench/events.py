"""Events as Debezium writes them without schemas: a `customer` of twelve columns, a `branch`."""

import random

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

#: Branches that customers refer to.
BRANCHES = 50
#: Where the LSNs of streamed changes begin; snapshot rows stand before.
STREAM = 10_000_000
MICROSECONDS = 1_790_000_000_000_000
FIRST = ("Anna", "Berta", "Carl", "Dora", "Emil", "Frieda", "Gustav", "Hanna")
LAST = ("Albrecht", "Bergmann", "Conrad", "Dietrich", "Ebert", "Fischer", "Gerlach", "Hoffmann")
CITIES = ("Aachen", "Bremen", "Cottbus", "Dresden", "Erfurt", "Freiburg", "Hamburg", "Jena")

CUSTOMER = (
    '{"before":null,"after":{"id":%d,"customer_no":"C%09d","first_name":"%s","last_name":"%s",'
    '"birth_date":%d,"email":"%s.%s.%d@example.org","phone":"+49 40 %08d",'
    '"city":"%s","status":"active","credit_limit":"%d.%02d","branch_id":%d,'
    '"updated_at":"2026-09-21T14:13:%02d.%06dZ"},'
)
BRANCH = '{"before":null,"after":{"id":%d,"branch_no":"B%04d"},'
SOURCE = (
    '"source":{"version":"3.2.3.Final","connector":"postgresql","name":"bench","ts_ms":%d,'
    '"snapshot":"%s","db":"bench","sequence":"[%s,\\"%d\\"]","ts_us":%d,"ts_ns":%d000,'
    '"schema":"public","table":"%s","txId":%d,"lsn":%d,"xmin":null},"transaction":null,'
    '"op":"%s","ts_ms":%d,"ts_us":%d,"ts_ns":%d417}'
)


class Events:
    """One topic of one partition, filled stretch by stretch; the same seed, the same events."""

    def __init__(self, bootstrap, topic, seed=1):
        self.topic = topic
        self.rng = random.Random(seed)
        self.lsn = STREAM
        self.end = 0
        self.bytes = 0
        admin = AdminClient({"bootstrap.servers": bootstrap})
        if topic in admin.list_topics(timeout=10).topics:
            admin.delete_topics([topic])[topic].result()
        while topic in admin.list_topics(timeout=10).topics:
            pass
        admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
        self.producer = confluent_kafka.Producer(
            {
                "bootstrap.servers": bootstrap,
                "compression.type": "lz4",
                "linger.ms": 20,
                "batch.size": 1_000_000,
                "queue.buffering.max.messages": 1_000_000,
                "queue.buffering.max.kbytes": 1_000_000,
            }
        )

    def send(self, key, value):
        while True:
            try:
                self.producer.produce(self.topic, value, key)
                break
            except BufferError:
                self.producer.poll(0.1)
        self.end += 1
        self.bytes += len(value)
        if self.end % 1000 == 0:
            self.producer.poll(0)

    def source(self, table, op):
        """The second half of an event; streamed changes are transactions of one row."""
        if op == "r":
            lsn, snapshot, commit, time = STREAM - 8, "true", "null", MICROSECONDS
        else:
            self.lsn += 120
            lsn, snapshot, commit = self.lsn, "false", f'\\"{self.lsn - 120}\\"'
            time = MICROSECONDS + self.lsn
        millis = time // 1000
        head = (millis, snapshot, commit, lsn, time, time, table, lsn // 120, lsn)
        return SOURCE % (*head, op, millis + 40, time + 40_000, time + 40_000)

    def branches(self):
        for i in range(1, BRANCHES + 1):
            self.send(f'{{"id":{i}}}', BRANCH % (i, i) + self.source("branch", "r"))

    def customer(self, i, op):
        rng = self.rng
        first, last = rng.choice(FIRST), rng.choice(LAST)
        row = CUSTOMER % (
            *(i, i, first, last, rng.randrange(20000), first.lower(), last.lower(), i),
            *(i, rng.choice(CITIES), rng.randrange(100000), rng.randrange(100)),
            *(1 + i % BRANCHES, rng.randrange(60), rng.randrange(1_000_000)),
        )
        self.send(f'{{"id":{i}}}', row + self.source("customer", op))

    def snapshot(self, first, n):
        """New rows, as an initial snapshot reads them."""
        for i in range(first, first + n):
            self.customer(i, "r")
        self.producer.flush()

    def changes(self, n, rows, new_share=0.0, next_id=None):
        """Changes of rows 1..rows, evenly drawn, and new rows; returns the next new row."""
        for _ in range(n):
            if self.rng.random() < new_share:
                self.customer(next_id, "c")
                next_id += 1
            else:
                self.customer(1 + self.rng.randrange(rows), "u")
        self.producer.flush()
        return next_id
