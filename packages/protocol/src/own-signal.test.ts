import { expect, test, vi } from "vitest";
import { createOwnSignal, listenTo } from "./own-signal.ts";

test("who listens hears of the abort once, by either way, with the signal already aborted", () => {
  const own = createOwnSignal();
  const heard: string[] = [];
  const hear = (who: string) => () => heard.push(`${who} ${own.signal.aborted}`);
  listenTo(own.signal, own, hear("light"));
  listenTo(own.signal, undefined, hear("usual"));
  const stop = listenTo(own.signal, own, hear("stopped"));
  stop();
  stop();
  own.abort(new Error("why"));
  own.abort();
  expect(heard.sort()).toEqual(["light true", "usual true"]);
  expect(own.signal.reason).toMatchObject({ message: "why" });
});

test("another signal than the own one is listened to itself", () => {
  const own = createOwnSignal();
  const other = new AbortController();
  const heard = vi.fn();
  listenTo(other.signal, own, heard);
  own.abort();
  expect(heard).not.toHaveBeenCalled();
  other.abort();
  expect(heard).toHaveBeenCalledOnce();
});
