// What is wrong with a form: at the field that it is about, else in a note above. The first wrong field gets the focus. Forms are `novalidate`:
// what is wrong is said in the language of the pages, not in the browser's.
import { nextTick, reactive, shallowRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { Problem } from '@/api/client'
import { useProblem } from '@/composables/useProblem'
import { StepUpRefused } from '@/stores/stepUp'

/**
 * @param form the element in which the fields stand
 * @param places field of the form by what the bank calls it: its name of a field, or the code of a problem
 */
export function useFieldErrors<F extends string>(form: Ref<HTMLElement | null>, places: Record<string, F>) {
  const { t } = useI18n()
  const { explain } = useProblem()
  const errors = reactive({}) as Partial<Record<F, string>>
  const note = shallowRef<unknown>(null)

  function clear(): void {
    for (const field of Object.keys(errors) as F[]) Reflect.deleteProperty(errors, field)
    note.value = null
  }

  function set(field: F, text: string): void {
    ;(errors as Record<F, string>)[field] = text
  }

  /** What must not be left empty, by field. */
  function need(values: Partial<Record<F, string>>): void {
    for (const [field, value] of Object.entries(values) as [F, string][])
      if (!value) set(field, t('problem.missing_field'))
  }

  async function focusFirst(): Promise<void> {
    await nextTick()
    form.value?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }

  /** Whether nothing is wrong; else the focus goes to what is. */
  function fine(): boolean {
    const wrong = Object.keys(errors).length > 0
    if (wrong) void focusFirst()
    return !wrong
  }

  /** What the bank, or the way there, said. Who gave no further code knows it. */
  function take(error: unknown): void {
    if (error instanceof StepUpRefused) return
    const place = error instanceof Problem ? (places[error.field ?? ''] ?? places[error.code]) : undefined
    if (place) {
      set(place, explain(error))
      void focusFirst()
    } else note.value = error
  }

  return { errors, note, clear, set, need, fine, take }
}
