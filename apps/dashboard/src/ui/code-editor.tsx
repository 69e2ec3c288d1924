import { autocompletion, type CompletionSource, closeBrackets } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, linter } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { nonce } from "../lib/nonce.ts";
import "./code-editor.css";

export interface CodeEditorProps {
  readonly label: string;
  readonly value: string;
  readonly onChange?: (value: string) => void;
  /** `json()` of @codemirror/lang-json, `sql()` of @codemirror/lang-sql; made once, outside of the component. */
  readonly language: Extension;
  readonly readOnly?: boolean;
  readonly hint?: string;
  /** What may be written where the cursor is. */
  readonly complete?: CompletionSource;
  readonly lint?: (view: EditorView) => readonly Diagnostic[];
  /** Ctrl or Cmd with Enter. */
  readonly onSubmit?: () => void;
  readonly minLines?: number;
}

/** An editor for code. Tab leaves it, so that the keyboard is never caught in it. */
export function CodeEditor(props: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const { value, language, readOnly, label } = props;
  useEffect(() => {
    if (place.current === null) return;
    const extensions = [
      ...standard(latest),
      language,
      EditorView.contentAttributes.of({ "aria-label": label }),
    ];
    if (readOnly) extensions.push(EditorState.readOnly.of(true));
    const state = EditorState.create({ doc: latest.current.value, extensions });
    view.current = new EditorView({ state, parent: place.current });
    return () => view.current?.destroy();
  }, [language, readOnly, label]);
  useEffect(() => {
    const shown = view.current?.state.doc.toString();
    if (shown === undefined || shown === value) return;
    view.current?.dispatch({ changes: { from: 0, to: shown.length, insert: value } });
  }, [value]);
  const style = { minHeight: `${(props.minLines ?? 6) * 1.5}em` };
  return <div className="code-editor" ref={place} style={style} />;
}

function standard(latest: { readonly current: CodeEditorProps }): Extension[] {
  const { complete, lint, hint } = latest.current;
  const submit = (): boolean => {
    latest.current.onSubmit?.();
    return latest.current.onSubmit !== undefined;
  };
  return [
    EditorView.cspNonce.of(nonce),
    keymap.of([{ key: "Mod-Enter", run: submit }, ...defaultKeymap, ...historyKeymap]),
    history(),
    lineNumbers(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    syntaxHighlighting(colours),
    EditorView.lineWrapping,
    EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
    }),
    ...(hint ? [placeholder(hint)] : []),
    ...(complete ? [autocompletion({ override: [complete] })] : []),
    ...(lint ? [linter((shown) => latest.current.lint?.(shown) ?? [])] : []),
  ];
}

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.attributeName], color: "var(--data-1)" },
  { tag: [tags.string], color: "var(--data-3)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--data-2)" },
  { tag: [tags.keyword, tags.operatorKeyword], color: "var(--data-4)" },
  { tag: [tags.comment], color: "var(--ink-3)", fontStyle: "italic" },
]);
