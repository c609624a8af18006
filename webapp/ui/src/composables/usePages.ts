// A long list that comes page by page, each asked for by the key at which the one before it ended. Pages may give their rows up when they
// are far away, and ask for them again by the same key: a list of a million rows takes no more memory than one of some hundred.
import { computed, ref, shallowReactive, shallowRef, type ComputedRef, type Ref } from 'vue'

export interface Answer<T, K> {
  items: T[]
  next: K | null
}

export interface Page<T, K> {
  id: number
  /** what it is asked for with; null: from the beginning */
  key: K | null
  limit: number
  count: number
  /** null while the rows are given up */
  items: T[] | null
  /** of the first row and of the last, also while they are given up */
  first: string
  last: string
  /** pixels that the rows took */
  height: number
  busy: boolean
}

export interface PagesOptions<T, K> {
  limit: number
  /** what no two rows have in common */
  identity: (item: T) => string
  /** the key of the page that begins after this row */
  keyAfter: (item: T) => K
  /** what rows are set under a common heading by */
  group: (item: T) => string
}

export interface Pages<T, K> {
  pages: Ref<Page<T, K>[]>
  count: ComputedRef<number>
  /** nothing has been asked yet, or the first answer is still under way */
  starting: ComputedRef<boolean>
  busy: Ref<boolean>
  error: Ref<unknown>
  ended: Ref<boolean>
  /** where the search has got to, after looks that found nothing; only a person goes on from there */
  paused: Ref<K | null>
  more: () => Promise<number>
  /** after an error: what failed once more, be it the next page or one that had given its rows up */
  retry: () => Promise<void>
  restart: () => Promise<number>
  giveUp: (page: Page<T, K>, height: number) => void
  restore: (page: Page<T, K>) => Promise<void>
  look: () => Promise<number | null>
  show: () => Promise<void>
}

/** How often a search that finds nothing goes on by itself. */
const LOOKS = 5

/** @param question asks for the rows after a key */
export function usePages<T, K>(
  question: (key: K | null, limit: number) => Promise<Answer<T, K>>,
  options: PagesOptions<T, K>,
): Pages<T, K> {
  const pages = shallowRef<Page<T, K>[]>([])
  const busy = ref(false)
  const error = shallowRef<unknown>(null)
  const ended = ref(false)
  const paused = shallowRef<K | null>(null)
  const asked = ref(false)
  const count = computed(() => pages.value.reduce((sum, page) => sum + page.count, 0))
  const starting = computed(() => !asked.value && !error.value)
  let next: K | null = null
  let failed: Page<T, K> | null = null
  let underWay: Promise<number> = Promise.resolve(0)
  let waiting: T[] | 'anew' | null = null
  let turn = 0
  let ids = 0

  function pageOf(key: K | null, items: T[], limit: number): Page<T, K> {
    return shallowReactive({
      id: ++ids,
      key,
      limit,
      count: items.length,
      items,
      first: options.group(items[0] as T),
      last: options.group(items.at(-1) as T),
      height: 0,
      busy: false,
    })
  }

  /** The next page; a search may have to look several times. How many rows came. */
  function more(): Promise<number> {
    error.value = failed = null
    if (busy.value || ended.value) return Promise.resolve(0)
    underWay = goOn()
    return underWay
  }

  async function goOn(): Promise<number> {
    const mine = turn
    busy.value = true
    paused.value = null
    try {
      for (let looks = 0; looks < LOOKS; looks++) {
        const key = next
        const answer = await question(key, options.limit)
        if (mine !== turn) return 0
        asked.value = true
        next = answer.next
        ended.value = !answer.next
        if (answer.items.length) {
          pages.value = [...pages.value, pageOf(key, answer.items, options.limit)]
          return answer.items.length
        }
        if (ended.value) return 0
      }
      paused.value = next
    } catch (caught) {
      if (mine === turn) error.value = caught
    } finally {
      if (mine === turn) busy.value = false
    }
    return 0
  }

  /** All anew, as after another filter. What was under way before is dropped. */
  function restart(): Promise<number> {
    turn++
    pages.value = []
    next = waiting = null
    busy.value = false
    asked.value = false
    ended.value = false
    return more()
  }

  /** The first page stays: what is new is told by it. */
  function giveUp(page: Page<T, K>, height: number): void {
    if (page.key === null || !page.items) return
    page.height = height
    page.items = null
  }

  async function restore(page: Page<T, K>): Promise<void> {
    if (page.items || page.busy) return
    page.busy = true
    const mine = turn
    try {
      const answer = await question(page.key, page.limit)
      if (mine !== turn) return
      page.items = answer.items
      page.count = answer.items.length
      if (failed === page) error.value = failed = null
    } catch (caught) {
      if (mine !== turn) return
      error.value = caught
      failed = page
    } finally {
      page.busy = false
    }
  }

  async function retry(): Promise<void> {
    const page = failed
    if (!page) return void (await more())
    error.value = failed = null
    await restore(page)
  }

  /** The rows that are there from the first on, up to a page that has given them up. */
  function inFront(): T[] {
    const away = pages.value.findIndex((page) => !page.items)
    return pages.value.slice(0, away < 0 ? undefined : away).flatMap((page) => page.items ?? [])
  }

  /** Whether a row is new that is not in front of all: what the bank books at the same time need not come in the order of its rows. */
  function isBehind(items: T[], place: number): boolean {
    const rows = inFront()
    const known = new Set(rows.map(options.identity))
    const isNew = (item: T) => !known.has(options.identity(item))
    const all = ended.value && rows.length === count.value
    const end = all ? items.length : items.findLastIndex((item) => !isNew(item))
    return items.slice(place, end).some(isNew)
  }

  /**
   * Asks what is newer than the list: how many rows, null for more than a page of them, or for some that are not in front. They wait
   * for show().
   */
  async function look(): Promise<number | null> {
    const mine = turn
    const { items } = await question(null, options.limit)
    await underWay
    // the list was begun anew: it has them
    if (mine !== turn) return 0
    const known = pages.value[0]?.items?.[0]
    const place = known ? items.findIndex((item) => options.identity(item) === options.identity(known)) : -1
    if (place < 0 && !items.length) return 0
    const anew = place < 0 || isBehind(items, place)
    waiting = anew ? 'anew' : items.slice(0, place)
    return anew ? null : place
  }

  /** What look() found is put in front, as a page of its own; the one that was first is from now on asked for by the key after it. */
  async function show(): Promise<void> {
    const found = waiting
    waiting = null
    if (found === 'anew') {
      await restart()
      return
    }
    const front = pages.value[0]
    const last = found?.at(-1)
    if (!found || !front || last === undefined) return
    front.key = options.keyAfter(last)
    front.limit = front.count
    pages.value = [pageOf(null, found, found.length), ...pages.value]
  }

  return { pages, count, starting, busy, error, ended, paused, more, retry, restart, giveUp, restore, look, show }
}
