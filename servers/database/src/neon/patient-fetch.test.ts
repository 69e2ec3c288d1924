import { manualClock, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createPatientFetch } from "./patient-fetch.ts";

const OPERATION = "https://neon.test/api/v2/projects/p/operations/o";

/** Answers with each status in turn, then for ever with the last; `reset` breaks the connection. */
function start(answers: readonly (number | "reset" | Response)[]) {
  const clock = manualClock();
  const sent: string[] = [];
  const patient = createPatientFetch(clock, async (input) => {
    const request = input as Request;
    sent.push(`${request.method} ${await request.text()}`);
    const answer = answers[Math.min(sent.length, answers.length) - 1] ?? 200;
    if (answer === "reset") throw new TypeError("fetch failed");
    return answer instanceof Response ? answer.clone() : new Response("{}", { status: answer });
  });
  /** Moves the clock to the next attempt; says how long it had to wait. */
  const wait = async () => {
    await until("it waits", () => clock.armed() > 0);
    const ms = clock.next() ?? 0;
    clock.advance(ms);
    return ms;
  };
  return { patient, sent, wait, clock };
}

test.for([423, 429, 503, "reset"] as const)(
  "a look that ends in %s is made again",
  async (status) => {
    const { patient, sent, wait } = start([status, status, 200]);
    const answer = patient(OPERATION);
    expect([await wait(), await wait()]).toEqual([500, 1_000]);
    expect((await answer).status).toBe(200);
    expect(sent).toHaveLength(3);
  },
);

test("it waits as long as the answer says, and not at all where that is too long", async () => {
  const limited = (after: string) =>
    new Response("{}", { status: 429, headers: { "retry-after": after } });
  const { patient, wait } = start([limited("3"), 200]);
  const answer = patient(OPERATION);
  expect(await wait()).toBe(3_000);
  expect((await answer).status).toBe(200);
  const long = start([limited("60"), 200]);
  expect((await long.patient(OPERATION)).status).toBe(429);
  expect(long.sent).toHaveLength(1);
});

test("after four attempts the last answer, or failure, is the answer", async () => {
  const busy = start([503]);
  const answer = busy.patient(OPERATION);
  for (let times = 0; times < 3; times += 1) await busy.wait();
  expect((await answer).status).toBe(503);
  expect(busy.sent).toHaveLength(4);
  const gone = start(["reset"]);
  const failure = expect(gone.patient(OPERATION)).rejects.toThrow("fetch failed");
  for (let times = 0; times < 3; times += 1) await gone.wait();
  await failure;
});

test.for([
  ["POST", "https://neon.test/api/v2/projects/p/branches"],
  ["DELETE", OPERATION],
  ["GET", "https://neon.test/api/v2/projects/p/branches/b/databases"],
])("what the SDK repeats itself, or nobody may, is sent once: %s %s", async ([method, url]) => {
  const { patient, sent } = start([503]);
  expect((await patient(url ?? "", { method: method ?? "" })).status).toBe(503);
  expect(sent).toHaveLength(1);
});

test("who leaves waits no longer", async () => {
  const { patient, sent, clock } = start([503]);
  const controller = new AbortController();
  const answer = patient(OPERATION, { signal: controller.signal });
  await until("it waits", () => clock.armed() > 0);
  controller.abort();
  expect((await answer).status).toBe(503);
  expect(clock.armed()).toBe(0);
  expect(sent.length).toBeLessThanOrEqual(4);
});
