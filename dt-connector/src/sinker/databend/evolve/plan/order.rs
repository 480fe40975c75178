//! Names that move, in an order in which none meets another.

/// A name that is left for another.
pub(super) struct Move<T> {
    pub(super) from: T,
    pub(super) to: T,
    /// Whether it makes room in a circle: when the circle is closed, `from` is there again and `to` is not.
    pub(super) opens_circle: bool,
}

/// Moves in an order in which every new name is free when it is taken. What opens a circle goes to a name in between.
pub(super) fn in_order<T: PartialEq + Clone>(
    mut moves: Vec<(T, T)>,
    between: impl Fn(&T) -> T,
) -> Vec<Move<T>> {
    let mut ordered = Vec::with_capacity(moves.len());
    while let Some((first, _)) = moves.first() {
        let free = moves.iter().position(|(_, to)| !moves.iter().any(|(from, _)| from == to));
        match free {
            Some(at) => {
                let (from, to) = moves.remove(at);
                ordered.push(Move { from, to, opens_circle: false });
            }
            None => {
                let (from, to) = (first.clone(), between(first));
                moves[0].0.clone_from(&to);
                ordered.push(Move { from, to, opens_circle: true });
            }
        }
    }
    ordered
}
