/** The look of the page: no file but itself, light or dark as the reader has it, from a phone to a wide screen. */
export const STYLE = `
:root { color-scheme: light dark; --passed: #1a7f37; --failed: #cf222e; --follows: #9a6700; --skipped: #6e7781;
  --line: #8884; --soft: #8881; font: 16px/1.5 system-ui, sans-serif; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } code, pre { font: .85rem/1.4 ui-monospace, monospace; }
pre { margin: .25rem 0; padding: .5rem; background: var(--soft); white-space: pre-wrap; border-radius: 4px; }
.verdict { font-size: 1.1rem; font-weight: 600; padding: .75rem; border-left: 6px solid var(--passed); background: var(--soft); }
.verdict.no { border-color: var(--failed); }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; padding: 0; list-style: none; }
.counts li { padding: .25rem .6rem; border: 1px solid var(--line); border-radius: 1rem; }
.matrix { display: grid; gap: .75rem; }
.class h3 { font-size: 1rem; margin: 0 0 .25rem; }
.methods { display: flex; flex-wrap: wrap; gap: .35rem; }
.method { border: 1px solid var(--line); border-left: 5px solid var(--skipped); border-radius: 4px; padding: .2rem .5rem; font-size: .85rem; }
.passed { border-left-color: var(--passed) !important; } .failed { border-left-color: var(--failed) !important; }
.follows { border-left-color: var(--follows) !important; } .skipped { border-left-color: var(--skipped) !important; }
.filters { position: sticky; top: 0; background: Canvas; padding: .5rem 0; display: flex; flex-wrap: wrap; gap: .75rem; border-bottom: 1px solid var(--line); z-index: 1; }
.filters label { white-space: nowrap; padding: .25rem 0; }
details { border: 1px solid var(--line); border-left: 5px solid var(--skipped); border-radius: 4px; margin: .35rem 0; padding: .35rem .6rem; }
summary { cursor: pointer; } summary b { font: .85rem ui-monospace, monospace; } summary small { opacity: .75; }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .25rem .75rem; margin: .5rem 0; }
dt { font-weight: 600; } dd { margin: 0; min-width: 0; }
.chart { display: grid; grid-template-columns: auto 1fr auto; gap: .15rem .6rem; align-items: center; font-size: .85rem; }
.bar { position: relative; height: .9rem; background: var(--soft); border-radius: 3px; }
.bar i { position: absolute; inset: 0 auto 0 0; background: #0969da; border-radius: 3px; }
.bar u { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--failed); }
[hidden] { display: none; }
@media (max-width: 40rem) { body { padding: .6rem; } dl { grid-template-columns: 1fr; } dt { margin-top: .35rem; } }
`

/** Shows the clauses of the levels and outcomes that are ticked. */
export const SCRIPT = `
const ticked = (name) => [...document.querySelectorAll('input[name=' + name + ']:checked')].map((input) => input.value)
const show = () => {
  const levels = ticked('level'), outcomes = ticked('outcome')
  let shown = 0
  for (const clause of document.querySelectorAll('[data-level]')) {
    clause.hidden = !levels.includes(clause.dataset.level) || !outcomes.includes(clause.dataset.outcome)
    if (!clause.hidden) shown += 1
  }
  for (const chapter of document.querySelectorAll('section[data-chapter]'))
    chapter.hidden = chapter.querySelector('[data-level]:not([hidden])') === null
  document.querySelector('#shown').textContent = shown
}
for (const input of document.querySelectorAll('.filters input')) input.addEventListener('change', show)
show()
`
