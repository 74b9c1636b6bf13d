// A client of Qiantang in JavaScript, written from shared/messaging/PROTOCOL.md alone.
//
//     node client.mjs LEDGER
//
// It takes JSON objects on standard input, one a line, and answers on standard output:
// {"call": route, "content": …, "requestid": …, "scenarioid": …} with {"reply": …} or {"error": …};
// {"follow": true} with {"following": true}, and then {"event": …} for every event that the ledger,
// a file of event ids, does not hold yet. The end of the input ends it.

import amqp from "amqplib";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const TIMEOUT = 10_000;
const PATIENCE = 60_000;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5_000;
const TOKEN_MARGIN = 60_000;
const UNAVAILABLE = { kind: "Unavailable", slug: "unavailable", en: "nobody answered", zh: "没有应答" };

const newId = () => randomBytes(16).toString("hex");
// Clients that were cut off together do not come back together.
const variedByLot = (pause) => pause * (1 + Math.random() / 4);

/** What a service answered instead of a reply, or that nobody did. */
class Refused extends Error {
  constructor(error) {
    super(error.en);
    this.error = error;
  }
}

class Client {
  #url;
  #system;
  #secret;
  #opening;
  #waiting = new Map();
  #token = "";
  #tokenEnds = 0;

  constructor(url, system, secret) {
    this.#url = url;
    this.#system = system;
    this.#secret = secret;
  }

  /** Ask until somebody answers, always under the same request id. */
  async call(route, content, { requestid = newId(), scenarioid = "" } = {}) {
    const until = Date.now() + PATIENCE;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        return await this.#authenticated(route, content, { requestid, scenarioid });
      } catch (fault) {
        const again = fault instanceof Refused && fault.error.kind === "Unavailable";
        if (!again || Date.now() + pause > until) throw fault;
      }
      await sleep(variedByLot(pause));
    }
  }

  async #authenticated(route, content, headers) {
    const withToken = async () => ({ ...headers, authorization: `Bearer ${await this.#signedIn()}` });
    try {
      return await this.#ask(route, content, await withToken());
    } catch (fault) {
      if (!(fault instanceof Refused) || fault.error.kind !== "NotAuthenticated") throw fault;
    }
    this.#tokenEnds = 0;
    return this.#ask(route, content, await withToken());
  }

  async #signedIn() {
    if (Date.now() > this.#tokenEnds - TOKEN_MARGIN) {
      const account = `system.${this.#system}`;
      const content = { account, password: this.#secret };
      const issued = await this.#ask("identity_data.SignIn", content, { requestid: newId() });
      this.#token = issued.token;
      this.#tokenEnds = Date.parse(issued.expires_at);
    }
    return this.#token;
  }

  /** Send one message and wait for its reply. */
  async #ask(route, content, headers) {
    const correlationId = newId();
    const answered = new Promise((resolve) => this.#waiting.set(correlationId, resolve));
    const timer = setTimeout(() => this.#answer(correlationId, { error: UNAVAILABLE }), TIMEOUT);
    try {
      const { channel, replyTo } = await this.#opened();
      const given = Object.entries(headers).filter(([, value]) => value !== "");
      channel.publish("qiantang.rpc", route, Buffer.from(JSON.stringify(content)), {
        mandatory: true,
        contentType: "application/json",
        contentEncoding: "utf-8",
        deliveryMode: 1,
        headers: Object.fromEntries(given),
        replyTo,
        correlationId,
        userId: this.#system,
      });
    } catch (fault) {
      console.error(`not sent: ${fault.message}`);
      this.#answer(correlationId, { error: UNAVAILABLE });
    }
    const { reply, error } = await answered;
    clearTimeout(timer);
    if (error) throw new Refused(error);
    return reply;
  }

  #answer(correlationId, answer) {
    this.#waiting.get(correlationId)?.(answer);
    this.#waiting.delete(correlationId);
  }

  /** The connection for asking, with its own queue of replies; opened again after it was lost. */
  #opened() {
    this.#opening ??= this.#open().catch((fault) => {
      this.#opening = undefined;
      throw fault;
    });
    return this.#opening;
  }

  async #open() {
    const connection = await amqp.connect(this.#url);
    connection.on("error", (fault) => console.error(`connection: ${fault.message}`));
    const channel = await connection.createChannel();
    channel.on("error", (fault) => console.error(`channel: ${fault.message}`));
    const lost = () => {
      this.#opening = undefined;
      for (const id of [...this.#waiting.keys()]) this.#answer(id, { error: UNAVAILABLE });
    };
    connection.on("close", lost);
    channel.on("close", () => {
      lost();
      // Closed already, where the channel went with its connection.
      connection.close().catch((fault) => console.error(`closing: ${fault.message}`));
    });
    channel.on("return", (message) => {
      this.#answer(message.properties.correlationId, { error: UNAVAILABLE });
    });
    const replyTo = `${this.#system}.reply.${newId()}`;
    await channel.assertQueue(replyTo, { exclusive: true, autoDelete: true, durable: false });
    await channel.bindQueue(replyTo, "qiantang.replies", replyTo);
    const take = (message) => {
      if (message === null) return;
      this.#answer(message.properties.correlationId, JSON.parse(message.content));
    };
    await channel.consume(replyTo, take, { noAck: true });
    return { connection, channel, replyTo };
  }

  /** Give every event to `take`, and acknowledge it when that has kept it; over lost connections. */
  async follow(take, ready) {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const connection = await amqp.connect(this.#url);
        connection.on("error", (fault) => console.error(`connection: ${fault.message}`));
        const ended = new Promise((resolve) => connection.once("close", resolve));
        const channel = await connection.createChannel();
        await channel.prefetch(1);
        await channel.consume(`${this.#system}.inbox`, (message) => {
          const event = eventIn(message);
          if (event === undefined) return channel.reject(message, false);
          take(event);
          channel.ack(message);
        });
        ready();
        pause = FIRST_PAUSE;
        await ended;
      } catch (fault) {
        console.error(`not following: ${fault.message}`);
      }
      await sleep(variedByLot(pause));
    }
  }
}

/** The event in a message, or nothing for what is none or was not sent by its producer. */
function eventIn(message) {
  if (message.properties.contentType !== "application/cloudevents+json") return undefined;
  let event;
  try {
    event = JSON.parse(message.content);
  } catch {
    return undefined;
  }
  const producer = message.properties.userId;
  const honest =
    message.fields.exchange === `${producer}.events` && event?.source === `/${producer}`;
  return honest && event.specversion === "1.0" ? event : undefined;
}

const ledger = process.argv[2];
const known = new Set(existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n") : []);
const tell = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const { AMQP_URL, SYSTEM, SECRET } = process.env;
const client = new Client(AMQP_URL, SYSTEM, SECRET);

function keep(event) {
  if (known.has(event.id)) return;
  appendFileSync(ledger, `${event.id}\n`);
  known.add(event.id);
  tell({ event });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, content, follow, ...headers } = JSON.parse(line);
  if (follow) {
    client.follow(keep, () => tell({ following: true }));
    continue;
  }
  try {
    tell({ reply: await client.call(call, content, headers) });
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    tell({ error: fault.error });
  }
}
process.exit(0);
