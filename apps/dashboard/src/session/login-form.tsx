import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ask } from "../api/client.ts";
import { messageOf } from "../api/failure.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";

/** Takes a key, which the page forgets: the browser keeps a cookie that no script can read. */
export function LoginForm({ done }: { readonly done?: () => void }) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  async function login(key: string): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await ask("POST login", {}, { key });
      await client.invalidateQueries();
      done?.();
    } catch (error) {
      setProblem(messageOf(error));
    }
    setBusy(false);
  }
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get("key") ?? "").trim();
    if (key === "") setProblem("Paste a key of this bridge.");
    else void login(key);
  }
  return (
    <form className="login-form" onSubmit={submit}>
      <TextField
        label="Key"
        name="key"
        type="password"
        autoComplete="current-password"
        spellCheck={false}
        problem={problem}
      />
      <Button type="submit" look="primary" busy={busy}>
        Log in
      </Button>
    </form>
  );
}
