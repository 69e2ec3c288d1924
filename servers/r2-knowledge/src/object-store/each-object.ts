import type { CallOptions, ObjectFacts, ObjectStore } from "./object-store.ts";

/** Every object below a prefix, page after page. */
export async function* eachObject(
  store: ObjectStore,
  prefix: string,
  { signal }: CallOptions = {},
): AsyncGenerator<ObjectFacts> {
  let after: string | undefined;
  do {
    const page = await store.list(prefix, { after, signal });
    yield* page.objects;
    after = page.next;
  } while (after !== undefined);
}
