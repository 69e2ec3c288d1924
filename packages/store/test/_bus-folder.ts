import { createBusHub, type SharedFolder, shareFolder } from "../src/index.ts";

/** A folder whose owner does nothing but carry the bus. */
export function shareBusFolder(path: string): SharedFolder {
  return shareFolder({
    path,
    async open() {
      const hub = createBusHub();
      return {
        async answer(method, payload, signal) {
          return (await hub.answer(method, payload, signal)) ?? null;
        },
        closing: hub.close,
        async close() {},
      };
    },
  });
}
