import type { ComponentChildren, JSX } from "preact";

/** A card in place of numbers. */
export function Message(parts: { title: string; role?: "alert"; children: ComponentChildren }): JSX.Element {
  return (
    <section class="card message stack" {...(parts.role && { role: parts.role })}>
      <h2>{parts.title}</h2>
      {parts.children}
    </section>
  );
}
