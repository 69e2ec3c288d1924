import { expect, test } from "vitest";
import { lifecyclePolicy } from "../lifecycle/policy.ts";
import { writeLifecyclePolicy } from "../lifecycle/policy-file.ts";
import { openTestKnowledge, timeout } from "./_open.ts";

test("no change takes a record out of a hold; what the hold does not ask for may change", async () => {
  const { knowledge, store } = await openTestKnowledge();
  const { id } = await knowledge.store({ ...timeout(1), context: "legal case", severity: "low" });
  const holds = [
    { name: "case", reason: "a lawsuit", where: { context: "legal*" } },
    { name: "unsolved", reason: "an inquiry", ids: [id], where: { hasFix: false } },
  ];
  await writeLifecyclePolicy(store, { policy: lifecyclePolicy.parse({ holds }), etag: undefined });
  for (const context of ["api", null])
    await expect(knowledge.update(id, { context }, { version: 1 })).rejects.toMatchObject({
      ...{ code: "denied", message: expect.stringMatching(/out of case \(a lawsuit\).*ids/) },
    });
  expect((await knowledge.get(id)).record).toMatchObject({ context: "legal case", version: 1 });
  // It is named by its id as well, so that it stays on hold.
  const patch = { context: "legal case 7", severity: "high", fix: "Raise it" } as const;
  expect((await knowledge.update(id, patch, { version: 1 })).record).toMatchObject(patch);
  await expect(knowledge.delete(id)).rejects.toMatchObject({ code: "denied" });
});
