// A picture on a canvas, in the colours of the page: drawn again when what it shows changes, or the theme, or the language. It does not
// move: nobody waits for a picture.
import { Chart, type ChartConfiguration } from 'chart.js'
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

/** @param make describes the picture; what it reads is watched */
export function useChart(canvas: Ref<HTMLCanvasElement | null>, make: (colours: Palette) => ChartConfiguration): void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const themed = new MutationObserver(draw)
  let chart: Chart | null = null

  function draw(): void {
    if (!canvas.value) return
    const colours = palette()
    Chart.defaults.font.family = colours.font
    Chart.defaults.font.size = colours.size
    Chart.defaults.color = colours.muted
    Chart.defaults.animation = false
    chart?.destroy()
    chart = new Chart(canvas.value, make(colours))
  }

  onMounted(() => {
    watch([() => make(palette()), canvas], draw, { immediate: true, flush: 'post' })
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    system.addEventListener('change', draw)
  })
  onBeforeUnmount(() => {
    themed.disconnect()
    system.removeEventListener('change', draw)
    chart?.destroy()
  })
}
