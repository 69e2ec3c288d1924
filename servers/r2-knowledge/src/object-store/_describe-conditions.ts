import { describe, expect, test } from "vitest";
import type { Subject } from "./_describe-object-store.ts";
import { bytes, codeOf, nextTurn, text } from "./_object-store-parts.ts";
import type { ObjectStore, PutOptions } from "./object-store.ts";

/** Writes that ask what is there before them. */
export function testConditions(subject: Subject): void {
  describe("conditions", () => {
    test("create-if-absent refuses a key that is taken, and leaves what is there", async () => {
      const { store } = subject;
      const { etag } = await store.put("when/taken", bytes("first"), { when: "absent" });
      const second = store.put("when/taken", bytes("second"), { when: "absent" });
      await expect(second).rejects.toMatchObject({ code: "precondition_failed" });
      const got = await store.get("when/taken");
      expect(text(got?.body)).toBe("first");
      expect(got?.etag).toBe(etag);
    });

    test("a put over a version refuses another one, and a key that is free", async () => {
      const { store } = subject;
      const first = await store.put("when/version", bytes("1"));
      await nextTurn(subject.differences);
      const second = await store.put("when/version", bytes("2"), { when: first });
      await nextTurn(subject.differences);
      const stale = store.put("when/version", bytes("3"), { when: first });
      await expect(stale).rejects.toMatchObject({ code: "precondition_failed" });
      expect(await store.get("when/version")).toMatchObject({ etag: second.etag, size: 1 });
      const free = store.put("when/free", bytes("1"), { when: first });
      await expect(free).rejects.toMatchObject({ code: "precondition_failed" });
      expect(await store.head("when/free")).toBeUndefined();
    });

    test("what get, head and list call the version is what a put may name", async () => {
      const { store } = subject;
      await store.put("when/named", bytes("0"));
      const readers = [
        async () => (await store.get("when/named"))?.etag,
        async () => (await store.head("when/named"))?.etag,
        async () => (await store.list("when/named")).objects[0]?.etag,
        async () => (await store.getStream("when/named"))?.etag,
      ];
      for (const [turn, read] of readers.entries()) {
        await nextTurn(subject.differences);
        const etag = (await read()) ?? "";
        await store.put("when/named", bytes(`${turn + 1}`), { when: { etag } });
      }
      expect(text((await store.get("when/named"))?.body)).toBe("4");
    });

    test("an ETag that nobody ever gave refuses, whatever it looks like", async () => {
      const { store } = subject;
      await store.put("when/strange", bytes("1"));
      for (const etag of ["", "*", '"', "0", "nonsense", '"d41d8cd98f00b204e9800998ecf8427e"']) {
        const put = store.put("when/strange", bytes("2"), { when: { etag } });
        await expect(put, `ETag ${etag}`).rejects.toMatchObject({ code: "precondition_failed" });
      }
      expect(text((await store.get("when/strange"))?.body)).toBe("1");
    });

    test("of 16 writers that create one key at once, exactly one does", { timeout: 120_000 }, () =>
      raceToCreate(subject),
    );

    test("writers that swap by version lose no count", { timeout: 120_000 }, () =>
      raceToCount(subject),
    );
  });
}

async function raceToCreate(subject: Subject): Promise<void> {
  const stores = await openSeveral(subject, 4);
  const rounds = subject.differences.writesPerSecondAndKey === undefined ? 12 : 4;
  for (let round = 0; round < rounds; round += 1) {
    const key = `when/race-${round}`;
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, (_, writer) =>
        takeTurn(stores[writer % stores.length], key, `${writer}`, { when: "absent" }),
      ),
    );
    const winners = outcomes.flatMap((etag, writer) => (etag === undefined ? [] : [writer]));
    expect(winners).toHaveLength(1);
    const got = await subject.store.get(key);
    expect(text(got?.body)).toBe(`${winners[0]}`);
    expect(got?.etag).toBe(outcomes[winners[0] ?? -1]);
  }
}

async function raceToCount(subject: Subject): Promise<void> {
  const [writers, times] =
    subject.differences.writesPerSecondAndKey === undefined ? [8, 12] : [4, 2];
  const stores = await openSeveral(subject, 4);
  await subject.store.put("when/count", bytes("0"), { when: "absent" });
  const countUp = async (store: ObjectStore | undefined): Promise<void> => {
    for (let done = 0; done < times; ) {
      const current = await store?.get("when/count");
      const next = `${Number(text(current?.body)) + 1}`;
      const when = { etag: current?.etag ?? "" };
      if ((await takeTurn(store, "when/count", next, { when })) === undefined) continue;
      done += 1;
    }
  };
  await Promise.all(
    Array.from({ length: writers }, (_, writer) => countUp(stores[writer % stores.length])),
  );
  expect(text((await subject.store.get("when/count"))?.body)).toBe(`${writers * times}`);
}

/** The ETag of the write, or undefined where somebody else was there before. Waits where it is throttled. */
async function takeTurn(
  store: ObjectStore | undefined,
  key: string,
  body: string,
  options: PutOptions,
): Promise<string | undefined> {
  for (;;) {
    try {
      return (await store?.put(key, bytes(body), options))?.etag;
    } catch (error) {
      if (codeOf(error) === "precondition_failed") return undefined;
      if (codeOf(error) !== "throttled") throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 800));
    }
  }
}

function openSeveral(subject: Subject, count: number): Promise<ObjectStore[]> {
  return Promise.all(Array.from({ length: count }, () => subject.another()));
}
