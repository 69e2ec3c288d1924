import { afterAll, beforeAll, describe } from "vitest";
import { testConditions } from "./_describe-conditions.ts";
import { testKeys } from "./_describe-keys.ts";
import { testLists } from "./_describe-lists.ts";
import { testObjects } from "./_describe-objects.ts";
import { testStreams } from "./_describe-streams.ts";
import type { ObjectStore } from "./object-store.ts";

/** One place where objects are kept. */
export interface StoreUnderTest {
  /** One more store on the same place, as another process has it. The suite closes it. */
  open(): Promise<ObjectStore>;
  /** After all stores are closed. */
  close(): Promise<void>;
}

/** Where a store is known to fall short of the port. Each one left out is a promise tested. */
export interface KnownDifferences {
  /** The ETag is made of the bytes: to write the same bytes again leaves it as it was. */
  readonly etagOfBytes?: boolean;
  /** More writes of one key in a second are answered `throttled`; the suite then asks for fewer, and waits. */
  readonly writesPerSecondAndKey?: number;
  /** Keys it cannot keep. It must refuse them as `bad_key`. */
  readonly refuses?: (key: string) => boolean;
}

/** What the tests of one part are given. */
export interface Subject {
  readonly differences: KnownDifferences;
  /** The store most tests need. Begin each key with a prefix of its test: the place is shared. */
  readonly store: ObjectStore;
  /** The same place, opened once more. */
  another(): Promise<ObjectStore>;
}

/** What every object store promises, whatever it stands on. */
export function describeObjectStore(
  name: string,
  start: () => Promise<StoreUnderTest>,
  differences: KnownDifferences = {},
): void {
  describe(`${name} keeps the contract of an object store`, () => {
    const opened: ObjectStore[] = [];
    let place: StoreUnderTest | undefined;

    const another = async (): Promise<ObjectStore> => {
      if (!place) throw new Error("The place could not be started.");
      const store = await place.open();
      opened.push(store);
      return store;
    };
    const subject: Subject = {
      differences,
      another,
      get store() {
        const [first] = opened;
        if (!first) throw new Error("The store could not be opened.");
        return first;
      },
    };

    beforeAll(async () => {
      place = await start();
      await another();
    });

    afterAll(async () => {
      await Promise.all(opened.map((store) => store.close()));
      await place?.close();
    });

    testObjects(subject);
    testConditions(subject);
    testKeys(subject);
    testLists(subject);
    testStreams(subject);
  });
}
