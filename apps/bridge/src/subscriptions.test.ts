import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createSubscriptions } from "./subscriptions.ts";

/** A server that is told what to answer. */
function server() {
  const asked: PromiseWithResolvers<JsonObject>[] = [];
  const send = (): Promise<JsonObject> => {
    const answer = Promise.withResolvers<JsonObject>();
    asked.push(answer);
    return answer.promise;
  };
  return { asked, send };
}

test("the server hears of the first who watches and of the last who leaves", async () => {
  const { add, remove } = createSubscriptions();
  const sent: string[] = [];
  const send = (word: string) => async () => {
    sent.push(word);
    return {};
  };
  await Promise.all([add("a", send("one")), add("a", send("two")), add("b", send("other"))]);
  await remove("a", send("first leaves"));
  await add("a", send("three"));
  await remove("a", send("second leaves"));
  await remove("a", send("last leaves"));
  await remove("a", send("nobody leaves"));
  expect(sent).toEqual(["one", "other", "last leaves"]);
});

test("who comes while the first is on its way is not told that it watches before it does", async () => {
  const { asked, send } = server();
  const { add, remove } = createSubscriptions();
  const [first, second, third] = [add("a", send), add("a", send), add("a", send)];
  asked[0]?.reject(new Error("cancelled by the first"));
  await expect(first).rejects.toThrow("cancelled by the first");
  await Promise.resolve();
  expect(asked).toHaveLength(2);
  asked[1]?.resolve({ taken: true });
  expect(await Promise.all([second, third])).toContainEqual({ taken: true });
  let isTold = false;
  const leave = async (): Promise<JsonObject> => {
    isTold = true;
    return {};
  };
  await remove("a", leave);
  expect(isTold, "one of the two is left").toBe(false);
  await remove("a", leave);
  expect(isTold).toBe(true);
});

test("where everybody is refused nobody watches", async () => {
  const { add, remove } = createSubscriptions();
  const refuse = () => Promise.reject(new Error("no"));
  const all = await Promise.allSettled([add("a", refuse), add("a", refuse), add("a", refuse)]);
  expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(await remove("a", () => Promise.reject(new Error("told")))).toEqual({});
  expect(await add("a", async () => ({ taken: true }))).toEqual({ taken: true });
});
