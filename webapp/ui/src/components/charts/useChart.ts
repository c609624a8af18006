// A picture on a canvas, in the colours of the page: drawn when it comes into view, and again when what it shows changes, or the theme, or
// the language. It does not move: nobody waits for a picture. The table beside it says the same, and is there without it.
import type { Chart, ChartConfiguration } from 'chart.js'
import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue'

interface Palette {
  ink: string
  muted: string
  line: string
  surface: string
  accent: string
  soft: string
  series: string[]
  font: string
  /** pixels */
  size: number
}

/** The tokens, as the page has them now. */
function palette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return {
    ink: token('ink'),
    muted: token('muted'),
    line: token('line'),
    surface: token('surface'),
    accent: token('accent'),
    soft: token('accent-soft'),
    series: [1, 2, 3, 4, 5, 6].map((n) => token(`series-${n}`)),
    font: token('font'),
    size: parseFloat(token('text-s')) * parseFloat(style.fontSize),
  }
}

/** Drawn a little before it is seen, so that whoever scrolls finds it there. */
const NEAR = { rootMargin: '25%' }

/** @param make describes the picture; what it reads is watched */
export function useChart(canvas: Ref<HTMLCanvasElement | null>, make: (colours: Palette) => ChartConfiguration): void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const themed = new MutationObserver(draw)
  const seen = new IntersectionObserver(look, NEAR)
  let kind: typeof Chart | null = null
  let chart: Chart | null = null

  function draw(): void {
    if (!canvas.value || !kind) return
    const colours = palette()
    kind.defaults.font.family = colours.font
    kind.defaults.font.size = colours.size
    kind.defaults.color = colours.muted
    kind.defaults.animation = false
    chart?.destroy()
    chart = new kind(canvas.value, make(colours))
  }

  async function look(entries: IntersectionObserverEntry[]): Promise<void> {
    if (!entries.some((entry) => entry.isIntersecting)) return
    seen.disconnect()
    // without it there is the table
    kind = await import('./parts').then((parts) => parts.Chart).catch(() => null)
    draw()
  }

  onMounted(() => {
    watch([() => make(palette()), canvas], draw, { flush: 'post' })
    if (canvas.value) seen.observe(canvas.value)
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    system.addEventListener('change', draw)
  })
  onBeforeUnmount(() => {
    seen.disconnect()
    themed.disconnect()
    system.removeEventListener('change', draw)
    chart?.destroy()
  })
}
