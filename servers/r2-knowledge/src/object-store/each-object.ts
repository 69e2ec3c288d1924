import type { CallOptions, ObjectFacts, ObjectStore } from "./object-store.ts";

/** Every object below a prefix, or of it behind a key, page after page. */
export async function* eachObject(
  store: ObjectStore,
  prefix: string,
  { signal, ...options }: CallOptions & { after?: string | undefined } = {},
): AsyncGenerator<ObjectFacts> {
  let { after } = options;
  do {
    const page = await store.list(prefix, { after, signal });
    yield* page.objects;
    after = page.next;
  } while (after !== undefined);
}
