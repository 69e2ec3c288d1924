import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";

/** The document as a page of its own: no script, nothing from elsewhere. */
export function referencePage(document: JsonObject): string {
  const { info, paths } = document as { info: JsonObject; paths: Record<string, JsonObject> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ method: method.toUpperCase(), path, operation: operation as JsonObject },
    })),
  );
  const tags = [...new Set(operations.map(({ operation }) => tagOf(operation)))];
  const index = tags.map((tag) => `<a href="#${escaped(tag)}">${escaped(tag)}</a>`).join(" ");
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => tagOf(operation) === tag);
    return `<section id="${escaped(tag)}"><h2>${escaped(tag)}</h2>${own.map(toArticle).join("")}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)} ${escaped(info.version)}: REST</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(info.title)} <small>${escaped(info.version)}</small></h1>
<p>${escaped(info.description)} The same for programs: <a href="openapi.json">openapi.json</a>.</p>
<nav>${index}</nav>
${ENVELOPE}
${sections.join("\n")}
</main></body></html>
`;
}

interface Shown {
  readonly method: string;
  readonly path: string;
  readonly operation: JsonObject;
}

function toArticle({ method, path, operation }: Shown): string {
  const id = escaped(operation.operationId);
  return `<article id="${id}"><h3><b class="${method}">${method}</b> <code>${escaped(path)}</code></h3>
<p>${inline(operation.summary)}</p><p class="more">${inline(operation.description)}</p>${inputsOf(operation)}</article>`;
}

/** Path, query and body alike: whoever calls wants to know what to give. */
function inputsOf({ parameters, requestBody }: JsonObject): string {
  const given = (Array.isArray(parameters) ? parameters : [])
    .filter(isJsonObject)
    .filter(({ name }) => name !== undefined)
    .map((each) => row(String(each.name), String(each.in), each.required === true, each));
  const body = schemaOf(requestBody);
  const needed = new Set(Array.isArray(body.required) ? body.required : []);
  const fields = Object.entries(isJsonObject(body.properties) ? body.properties : {}).map(
    ([name, schema]) => row(name, "body", needed.has(name), { schema, ...(schema as JsonObject) }),
  );
  const rows = [...given, ...fields];
  if (rows.length === 0) return "";
  return `<table><thead><tr><th>input<th>in<th>type<th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function schemaOf(requestBody: JsonValue | undefined): JsonObject {
  const content = isJsonObject(requestBody) ? requestBody.content : undefined;
  const json = isJsonObject(content) ? content["application/json"] : undefined;
  const schema = isJsonObject(json) ? json.schema : undefined;
  return isJsonObject(schema) ? schema : {};
}

function row(name: string, where: string, isNeeded: boolean, facts: JsonObject): string {
  const schema = isJsonObject(facts.schema) ? facts.schema : {};
  const word = `<code>${escaped(name)}</code>${isNeeded ? " <b>needed</b>" : ""}`;
  const preset = schema.default === undefined ? "" : ` = ${JSON.stringify(schema.default)}`;
  return `<tr><td>${word}<td>${where}<td><code>${escaped(typeOf(schema) + preset)}</code><td>${inline(facts.description ?? "")}</tr>`;
}

function typeOf(schema: JsonObject): string {
  if (Array.isArray(schema.enum))
    return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (Array.isArray(schema.anyOf)) return schema.anyOf.filter(isJsonObject).map(typeOf).join(" | ");
  if (schema.type === "array" && isJsonObject(schema.items)) return `${typeOf(schema.items)}[]`;
  return typeof schema.type === "string" ? schema.type : "any";
}

function tagOf({ tags }: JsonObject): string {
  return Array.isArray(tags) ? String(tags[0]) : "";
}

/** Backticks are code, as in the words of the schemas. */
function inline(text: JsonValue | undefined): string {
  return escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function escaped(text: JsonValue | undefined): string {
  const plain = String(text ?? "");
  return plain.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const ENVELOPE = `<section id="envelope"><h2>The envelope</h2>
<pre>{ "success": true, "data": {…}, "metadata": { "duration_ms": 1.4, … }, "timestamp": "…" }
{ "success": false, "error": { "code": "…", "message": "…", "details": {…} }, "timestamp": "…" }</pre></section>`;

const STYLE = `:root{color-scheme:light dark;--line:rgb(128 128 128/.25);--back:rgb(128 128 128/.08)}body{font:16px/1.5 system-ui,sans-serif;margin:0}
main{max-width:60rem;margin:0 auto;padding:1rem}nav a{margin-right:.7rem}
article{border-top:1px solid var(--line);padding:.3rem 0 1rem}h3{margin:.6rem 0 .2rem;font-size:1rem}
p{margin:.2rem 0}.more{opacity:.75;font-size:.9rem}code,pre{font:.9em ui-monospace,monospace}
pre{overflow:auto;padding:.6rem;background:var(--back)}table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--line)}
h3 b{display:inline-block;min-width:4rem}.GET{color:#27a}.POST{color:#2a8a3a}.PUT{color:#a60}.DELETE{color:#b33}`;
