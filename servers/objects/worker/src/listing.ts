import type { ListQuery, ObjectSummary, ObjectsPage } from "../../src/protocol.ts";
import type { ObjectEnv, ObjectStub } from "./object-host.ts";
import { registryOf } from "./registry.ts";

interface ListingEnv extends ObjectEnv {
  readonly OBJECTS: DurableObjectNamespace;
}

/**
 * A page of what the registries name. Each object is asked for its own word, and so the page is exact; the ones that
 * are gone are left out, and a page may be shorter for it.
 */
export async function listObjects(
  env: ListingEnv,
  classes: readonly string[],
  query: ListQuery,
): Promise<ObjectsPage> {
  const [afterClass = "", afterId = ""] = cut(query.cursor ?? "");
  const wanted = (query.class === undefined ? classes : [query.class])
    .toSorted()
    .filter((name) => name >= afterClass);
  const named: { readonly class: string; readonly id: string }[] = [];
  for (const name of wanted) {
    const left = query.limit + 1 - named.length;
    if (left <= 0) break;
    const after = name === afterClass ? afterId : "";
    const ids = await registryOf(env.REGISTRY, name).list(after, left);
    named.push(...ids.map((id) => ({ class: name, id })));
  }
  const page = named.slice(0, query.limit);
  const summaries = await Promise.all(page.map((ref) => summaryOf(env, ref)));
  const objects = summaries.filter((each) => each !== undefined);
  const last = page.at(-1);
  return named.length > query.limit && last !== undefined
    ? { objects, cursor: `${last.class}/${last.id}` }
    : { objects };
}

async function summaryOf(
  env: ListingEnv,
  ref: { readonly class: string; readonly id: string },
): Promise<ObjectSummary | undefined> {
  const stub = env.OBJECTS.getByName(`${ref.class}/${ref.id}`) as unknown as ObjectStub;
  const found = await stub.get(ref);
  if (!found.ok) return undefined;
  const { seq, createdAt, updatedAt } = found.value;
  return { ...ref, seq, createdAt, updatedAt };
}

function cut(cursor: string): readonly string[] {
  const slash = cursor.indexOf("/");
  return slash < 0 ? [] : [cursor.slice(0, slash), cursor.slice(slash + 1)];
}
