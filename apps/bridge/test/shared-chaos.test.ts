import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { runChaos } from "./_chaos.ts";
import { hasNginx } from "./_nginx.ts";

/** Half a minute of two processors: run where ROUNDS asks for it. The long one is `pnpm chaos replicas`. */
const isAskedFor = process.env.ROUNDS !== undefined;

test.skipIf(!hasNginx || !isAskedFor)(
  "clients of both eras lose nothing but what was under way on a bridge that was killed",
  async () => {
    const random = seededRandom();
    const ms = random.rounds(1) * 6_000;
    const options = { clients: 30, ms, perSecond: 40, harmEveryMs: 1_500, random };
    const { failures, calls, limit } = await runChaos(options);
    expect(failures.join("\n\n")).toBe("");
    expect(calls).toBeGreaterThanOrEqual(options.clients);
    expect(limit.worst.taken).toBeLessThanOrEqual(limit.worst.most);
  },
  240_000,
);
