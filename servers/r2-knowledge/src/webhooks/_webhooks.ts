import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, silentLogger } from "@trestle/protocol";
import { type ManualClock, manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { onTestFinished } from "vitest";
import { type Follower, openFollower } from "../events/_feed.ts";
import { openWebhooks, type Webhooks } from "./webhooks.ts";

export interface Process extends Follower {
  readonly webhooks: Webhooks;
}

export interface World {
  readonly path: string;
  readonly clock: ManualClock;
  readonly file: string;
  /** What one more process has of the same folder. */
  open(holder: string): Promise<Process>;
}

/** A folder of knowledge with webhooks as given, under a clock that stands still. */
export function createWorld(
  webhooks: Readonly<Record<string, object>>,
  environment: Readonly<Record<string, string>> = {},
): World {
  const path = temporaryFolder("knowledge");
  const clock = manualClock(Date.UTC(2026, 5, 1));
  const file = join(path, "webhooks.json");
  writeFileSync(file, JSON.stringify({ webhooks, allowHosts: ["127.0.0.1"] }));
  return {
    ...{ path, clock, file },
    open: (holder) => openProcess({ path, clock, file, holder, environment }),
  };
}

async function openProcess(parts: {
  readonly path: string;
  readonly clock: Clock;
  readonly file: string;
  readonly holder: string;
  readonly environment: Readonly<Record<string, string>>;
}): Promise<Process> {
  const follower = await openFollower(parts.path, parts.clock);
  const { store, feed, knowledge } = follower;
  const webhooks = openWebhooks({ ...parts, store, feed, log: silentLogger, random: () => 1 });
  onTestFinished(async () => {
    await webhooks.close();
    await knowledge.close();
  });
  return {
    ...follower,
    webhooks: {
      ...webhooks,
      async deliver() {
        await feed.pump();
        return webhooks.deliver();
      },
    },
  };
}
