import { setTimeout as pause } from "node:timers/promises";
import { type Asking, isGood, type Principal } from "./_asking.ts";
import { counterOf, workflow } from "./_works.ts";

export function adminOf(key: string): Principal {
  return { name: "admin", key, canary: "" };
}

interface At {
  readonly url: string | undefined;
  readonly admin: Principal | undefined;
}

/** Somebody with a key of their own. */
export async function principalOf(
  asking: Asking,
  { url, admin }: At,
  name: string,
): Promise<Principal> {
  if (url === undefined || admin === undefined) throw new Error("there is no bridge");
  const { body } = await asking.ask(admin, url, { path: "keys", body: { name } });
  const { key } = body.data as { key: string };
  return { name, key, canary: `canary-of-${name}` };
}

interface Prepared {
  readonly bridges: readonly string[];
  readonly principals: readonly Principal[];
  /** A key of whoever is none of them. */
  readonly outsider: string;
}

/** What the workload needs: a workflow of each, and a counter of each at every bridge. */
export async function prepare(
  asking: Asking,
  { bridges, principals, outsider }: Prepared,
): Promise<void> {
  const call = async (who: Principal, url: string, tool: string, args: object) => {
    const body = { tool, arguments: { ...args } };
    const answer = await asking.ask(who, url, { path: "tool/call", body });
    if (!isGood(answer)) throw new Error(`${tool} failed: ${JSON.stringify(answer)}`);
  };
  for (const url of bridges)
    for (const who of principals) {
      while ((await asking.ask(who, url, { method: "GET", path: "me" })).status !== 200)
        await pause(50);
      await call(who, url, "objects.object_initialize", counterOf(who));
      await call(who, url, "orchestrator.register_workflow", { definition: workflow(who) });
    }
  const somebody = { name: "outsider", key: outsider, canary: "" };
  for (const url of bridges) await call(somebody, url, "far.read", { key: "warm" });
}
