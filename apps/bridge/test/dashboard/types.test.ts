import { typesOf } from "@trestle/dashboard/types";
import { expect, test } from "vitest";
import { openApiDocument } from "../../src/inbound/rest/openapi/document.ts";

const generated = "../../../dashboard/src/api/generated.ts";

/** Run with `-u` to write it anew. */
test("the types of the dashboard are those of the bridge's own document", async () => {
  await expect(typesOf(await openApiDocument("0.0.0"))).toMatchFileSnapshot(generated);
});
