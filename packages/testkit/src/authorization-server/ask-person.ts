/** The page of an authorization server on which a person says who they are, and allows a client what it asks for. */
export function askPerson(query: URLSearchParams): string {
  const asked = [...query].map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  const client = escaped(query.get("client_id") ?? "");
  const scope = escaped(query.get("scope") ?? "");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Sign in</title>
<h1>${client} asks for: ${scope}</h1>
<form action="/decide">${asked.join("")}
<label>Name <input name="subject" required></label>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
