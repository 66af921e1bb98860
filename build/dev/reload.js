// Reloads the page when what it is made of has changed, and shows above it what does not compile. Served by `npm run dev` alone.
const events = new EventSource(new URL("events", document.currentScript.src));
const box = document.createElement("pre");
box.setAttribute("role", "alert");
Object.assign(box.style, {
  position: "fixed",
  inset: "0 0 auto",
  zIndex: "2147483647",
  maxHeight: "60vh",
  margin: "0",
  padding: "1rem 1.5rem",
  overflow: "auto",
  background: "#2b0b0b",
  color: "#ffd9d4",
  font: "14px/1.5 ui-monospace, monospace",
  whiteSpace: "pre-wrap",
});
let shown;

events.onmessage = ({ data }) => {
  const { version, problem } = JSON.parse(data);
  box.textContent = problem;
  if (problem) document.documentElement.append(box);
  else box.remove();
  if (shown !== undefined && version !== shown) location.reload();
  shown = version;
};
// Another run of the loop does not know this one's token: its page does.
events.onerror = () => {
  if (events.readyState === EventSource.CLOSED) location.reload();
};
