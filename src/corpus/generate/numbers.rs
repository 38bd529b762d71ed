//! Identity numbers of nobody: valid check digits, in the series that the tax administration keeps for test data.

const PERSON_WEIGHTS: [[u32; 10]; 2] = [[3, 7, 6, 1, 8, 9, 4, 5, 2, 0], [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]];
const ORGANIZATION_WEIGHTS: [u32; 8] = [3, 2, 7, 6, 5, 4, 3, 2];

/// Synthetic national identity numbers: the month is 80 higher than a real one. Each occurs once; the order is
/// always the same.
pub(super) fn persons() -> impl Iterator<Item = String> {
    const MONTHS: u32 = 12;
    const DAYS: u32 = 28;
    const YEARS: u32 = 75;
    const BIRTH_DATES: u32 = DAYS * MONTHS * YEARS;
    // A stride that shares no factor with the number of dates visits every date once before the next serial.
    const STRIDE: u32 = 7919;
    (0..500 * BIRTH_DATES).filter_map(|n| {
        let date = n.wrapping_mul(STRIDE) % BIRTH_DATES;
        let (day, month, year) = (date % DAYS + 1, date / DAYS % MONTHS + 81, date / DAYS / MONTHS + 25);
        let serial = n / BIRTH_DATES;
        let mut number = format!("{day:02}{month:02}{year:02}{serial:03}");
        for weights in PERSON_WEIGHTS {
            number.push(check_digit(&number, &weights)?);
        }
        Some(number)
    })
}

/// Organisation numbers that start with 3, as those of the national test population do. Each occurs once; the
/// order is always the same.
pub(super) fn organizations() -> impl Iterator<Item = String> {
    (31_000_000u32..40_000_000).filter_map(|n| {
        let mut number = n.to_string();
        number.push(check_digit(&number, &ORGANIZATION_WEIGHTS)?);
        Some(number)
    })
}

/// The control digit modulo 11; `None` where there is none.
fn check_digit(digits: &str, weights: &[u32]) -> Option<char> {
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    match 11 - sum % 11 {
        10 => None,
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialog_index::domain::Party;
    use std::collections::HashSet;

    #[test]
    fn numbers_are_valid_and_unique() {
        let persons: HashSet<String> = persons().take(60_000).collect();
        assert_eq!(persons.len(), 60_000);
        assert!(persons.iter().all(|number| Party::person(number).is_ok()));
        assert!(persons.iter().all(|number| (81..=92).contains(&number[2..4].parse().expect("digits"))));

        let organizations: HashSet<String> = organizations().take(60_000).collect();
        assert_eq!(organizations.len(), 60_000);
        assert!(organizations.iter().all(|number| Party::organization(number).is_ok()));
    }
}
