//! Names that Go fills from a request: `c.ShouldBindJSON(&x)`.

use super::walk::{Frame, Walk};
use crate::probe::source::code::FunctionId;

impl<'i> Walk<'i> {
    /// Go's `json.NewDecoder(r.Body).Decode(&x)`, `c.ShouldBindJSON(&x)`.
    pub(super) fn is_filled(&self, name: &str, frame: Frame<'i>, id: FunctionId, steps: u32) -> bool {
        let file = frame.file;
        let Some(scope) = file.function(id) else { return false };
        let calls = file.calls_of(&scope.body).map(|(_, call)| call).take(1000);
        calls.filter(|call| call.place.bytes.0 < frame.at || id != frame.function).any(|call| {
            let given = |place: usize| {
                call.argument(place).is_some_and(|value| {
                    let mut is = false;
                    value.walk(&mut |value| is |= value.path() == Some(name));
                    is
                })
            };
            match call.method() {
                "ShouldBindJSON" | "ShouldBind" | "BindJSON" | "Bind" | "ShouldBindQuery" | "ShouldBindUri"
                | "BodyParser" | "QueryParser" | "BindQuery" | "MustBindWith" | "ShouldBindWith" | "ReadJSON"
                | "BindUri" => given(0),
                "DecodeJSON" => given(1),
                "Decode" => {
                    (given(0)
                        && call.receiver.and_then(|id| file.call(id)).is_some_and(|inner| {
                            inner
                                .argument(0)
                                .is_some_and(|from| self.step(from, frame, "", steps + 1).request.is_some())
                        }))
                        || (given(0)
                            && call
                                .argument(1)
                                .is_some_and(|from| self.step(from, frame, "", steps + 1).request.is_some()))
                }
                "Unmarshal" => {
                    given(1)
                        && call.argument(0).is_some_and(|from| self.step(from, frame, "", steps + 1).request.is_some())
                }
                _ => false,
            }
        })
    }
}
