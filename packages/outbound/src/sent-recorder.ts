import type { Dispatcher } from 'undici'

/** Calls `sent` when a request is about to be written to its connection: from then on it may be carried out. */
export function sentRecorder(sent: () => void): Dispatcher.DispatcherComposeInterceptor {
  return dispatch => (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        sent()
        handler.onRequestStart?.(controller, context)
      },
      onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
      onResponseStarted: () => handler.onResponseStarted?.(),
      onResponseStart: (...given) => handler.onResponseStart?.(...given),
      onResponseData: (...given) => handler.onResponseData?.(...given),
      onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
      onResponseError: (...given) => handler.onResponseError?.(...given),
      onBodySent: chunk => handler.onBodySent?.(chunk),
      onRequestSent: () => handler.onRequestSent?.(),
    })
}
