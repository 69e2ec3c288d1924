import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listCorpus, type WireCase, wireCorpus } from "./_wire-corpus.ts";
import { createWireSubject, type WireSubject } from "./_wire-instance.ts";
import { httpWay, streamWay, type Way } from "./_wire-ways.ts";

const everything = createWireSubject();
/** Without what an era would have to be shown otherwise than it is. */
const plain = createWireSubject(["list_output"]);

type Open = (withShort: boolean, subject: WireSubject) => Promise<Way>;
const overHttp: Open = httpWay;
const overStream: Open = async (...given) => streamWay(...given);

/** The same message on the short way and on the SDK's: nobody may be able to tell which one answered. */
describe.each([
  ["http", overHttp, "calls", everything, wireCorpus],
  ["stream", overStream, "calls", everything, wireCorpus],
  ["http", overHttp, "lists", plain, listCorpus],
  ["stream", overStream, "lists", plain, listCorpus],
  ["http", overHttp, "lists that each era sees otherwise", everything, listCorpus.slice(0, 2)],
  ["stream", overStream, "lists that each era sees otherwise", everything, listCorpus.slice(0, 2)],
] as const)("over %s", (transport, open, _what, subject, corpus: readonly WireCase[]) => {
  let short: Way;
  let long: Way;

  beforeAll(async () => {
    [short, long] = await Promise.all([open(true, subject), open(false, subject)]);
  });
  afterAll(() => Promise.all([short.close(), long.close()]));

  test.each(corpus.map((one) => [one.era, one.name, one] as const))(
    "both ways answer alike when, in the %s era, %s",
    async (era, _name, one) => {
      const [ours, theirs] = await Promise.all([short.send(one), long.send(one)]);
      expect({ ...ours, taken: 0 }).toEqual(theirs);
      const isShort = one.short[transport] && (corpus === wireCorpus || subject.isListPlain(era));
      expect(ours.taken).toBe(isShort ? 1 : 0);
    },
  );
});
