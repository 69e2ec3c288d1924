import { describe, expect, test } from "vitest";
import type { Bus } from "../src/index.ts";
import { seededRandom, until } from "./_processes.ts";

/** Opens one bus in two places; twice the same where it belongs to one process. */
export type OpenBus = () => Promise<readonly [Bus, Bus]>;

/** What every bus promises. */
export function describeBus(name: string, openPair: OpenBus): void {
  async function hear(bus: Bus, topic: string) {
    const heard: string[] = [];
    const end = await bus.subscribe(topic, { onMessage: (message) => heard.push(message) });
    return { heard, end };
  }

  describe(`${name}: a message`, () => {
    test("reaches all who listen to its topic, the publisher included, and nobody else", async () => {
      const [bus, other] = await openPair();
      const here = await hear(bus, "a");
      const there = await hear(other, "a");
      const twice = await hear(other, "a");
      const elsewhere = await hear(other, "b");
      bus.publish("a", "ünï\n\u2028😀");
      bus.publish("b", "for b");
      await until("b has its own", () => elsewhere.heard.length === 1);
      await until("a has its own", () => here.heard.length === 1 && there.heard.length === 1);
      for (const { heard } of [here, there, twice]) expect(heard).toEqual(["ünï\n\u2028😀"]);
      expect(elsewhere.heard).toEqual(["for b"]);
    });

    test("follows the one its publisher published before, and comes once", async () => {
      const { next } = seededRandom();
      const pair = await openPair();
      const listeners = await Promise.all(pair.map((bus) => hear(bus, "a")));
      const sent: [string[], string[]] = [[], []];
      for (let count = 0; count < 500; count += 1) {
        const from = next() < 0.5 ? 0 : 1;
        const message = `${from} ${count}`;
        sent[from].push(message);
        pair[from].publish("a", message);
        if (next() < 0.05) await new Promise((resolve) => setImmediate(resolve));
      }
      await until("all have come", () => listeners.every(({ heard }) => heard.length >= 500));
      for (const { heard } of listeners) {
        expect(heard).toHaveLength(500);
        for (const from of [0, 1] as const) {
          expect(heard.filter((message) => message.startsWith(`${from} `))).toEqual(sent[from]);
        }
      }
    });

    test("may be empty", async () => {
      const [bus, other] = await openPair();
      const there = await hear(other, "a");
      bus.publish("a", "");
      await until("it has come", () => there.heard.length === 1);
      expect(there.heard).toEqual([""]);
    });

    test("published before anybody listened is gone", async () => {
      const [bus, other] = await openPair();
      const first = await hear(bus, "a");
      bus.publish("a", "early");
      await until("it is over", () => first.heard.length === 1);
      const late = await hear(other, "a");
      bus.publish("a", "now");
      await until("it comes", () => late.heard.length > 0);
      expect(late.heard).toEqual(["now"]);
    });

    test("does not come to who has stopped listening, nor after closing", async () => {
      const [bus, other] = await openPair();
      const stopped = await hear(other, "a");
      const witness = await hear(other, "a");
      stopped.end();
      bus.publish("a", "1");
      await until("the witness hears it", () => witness.heard.length === 1);
      expect(stopped.heard).toEqual([]);
      await other.close();
      bus.publish("a", "2");
      await bus.close();
      expect(witness.heard).toEqual(["1"]);
    });

    test("is heard by the others where one listener fails", async () => {
      const [bus, other] = await openPair();
      await other.subscribe("a", {
        onMessage() {
          throw new Error("broken");
        },
      });
      const { heard } = await hear(other, "a");
      bus.publish("a", "1");
      bus.publish("a", "2");
      await until("both come", () => heard.length === 2);
    });
  });
}
