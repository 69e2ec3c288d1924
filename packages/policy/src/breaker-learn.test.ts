import { TrestleError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createCall, createTestClock } from "./_parts.ts";
import { createBreaker } from "./breaker.ts";
import { DEFAULT_BREAKER } from "./breaker-state.ts";

function open() {
  const clock = createTestClock(0);
  const told: string[] = [];
  const breaker = createBreaker({
    ...{ clock, settingsFor: () => DEFAULT_BREAKER },
    onChange: ({ state }) => told.push(state),
  });
  const call = (answer: () => Promise<object> = async () => ({})) =>
    breaker.policy(createCall(), answer as never);
  return { clock, told, breaker, call };
}
const circuit = { server: "db", tool: "run" };

test("what another process found open is open here, until then, and not told again", async () => {
  const { clock, told, breaker, call } = open();
  breaker.learn({ ...circuit, state: "open", until: 1_000 });
  await expect(call()).rejects.toMatchObject({ code: "unavailable" });
  expect(told).toEqual([]);
  clock.advance(1_000);
  await call();
  expect(breaker.state("db", "run")).toBe("closed");
});

test("while another process probes, this one waits, but not for ever", async () => {
  const { clock, breaker, call } = open();
  breaker.learn({ ...circuit, state: "half_open" });
  await expect(call()).rejects.toMatchObject({ code: "unavailable" });
  clock.advance(5_000);
  await call();
});

test("what another process found well again is called at once", async () => {
  const { breaker, call } = open();
  breaker.learn({ ...circuit, state: "open", until: 60_000 });
  breaker.learn({ ...circuit, state: "closed" });
  await call();
});

test("a probe of this process is not disturbed by what others say", async () => {
  const { clock, breaker, call } = open();
  breaker.learn({ ...circuit, state: "open", until: 1_000 });
  clock.advance(1_000);
  const failure = new TrestleError("timeout", "silent", { details: { sent: true } });
  const probe = call(async () => {
    breaker.learn({ ...circuit, state: "open", until: 9_000 });
    throw failure;
  });
  await expect(probe).rejects.toBe(failure);
  expect(breaker.tripped()).toMatchObject([{ state: "open", until: 61_000 }]);
});
