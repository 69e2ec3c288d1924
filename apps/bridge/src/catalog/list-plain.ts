import { type Era, isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Catalog } from "./catalog.ts";

/** May clients of an era be given the definitions as they are? Each era lacks something that the other has. */
export function createListPlain(catalog: Pick<Catalog, "allTools">): (era: Era) => boolean {
  let from: ReturnType<Catalog["allTools"]> | undefined;
  let plain: Readonly<Record<Era, boolean>> = { legacy: true, modern: true };
  return (era) => {
    const tools = catalog.allTools();
    if (from !== tools) {
      const definitions = [...tools.values()].map(({ definition }) => definition);
      plain = {
        legacy: definitions.every(hasObjectOutput),
        modern: !definitions.some((definition) => "execution" in definition),
      };
      from = tools;
    }
    return plain[era];
  };
}

function hasObjectOutput({ outputSchema }: JsonObject): boolean {
  return !isJsonObject(outputSchema) || outputSchema.type === "object";
}
