"""Shares and coefficients with their intervals, and gold.json, which consists of them."""

from typing import TypedDict


class ShareDocument(TypedDict):
    """A share of a whole with its 95% Wilson interval: `evaluation.Share` as JSON.

    Attributes:
        share: 0 to 1.
        low: lower end of the interval; 0 without observations.
        high: upper end; 1 without observations.
        n: number of observations.
        effective_n: independent observations of equal weight that would be as informative; at most n.
    """

    share: float
    low: float
    high: float
    n: int
    effective_n: float


class CoefficientDocument(TypedDict):
    """A coefficient of agreement with its 95% interval: `evaluation.Coefficient` as JSON.

    Attributes:
        value: -1 to 1; None where it is not defined, because only one label was seen.
        low: lower end of the interval; None where it is not defined.
        high: upper end; None where it is not defined.
        n: number of compared pairs.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


class GoldDocument(TypedDict):
    """gold.json, under each classifier's id: agreement with human labels.

    Attributes:
        n: pairs of a golden and a landed label.
        agreement: share of equal labels.
        kappa: Cohen's kappa.
        weighted_kappa: quadratic kappa of a scale; None for other kinds.
        unanswered: conversations with a golden label whose row has another status than `success`.
        unreadable: golden values that are not labels of the classifier; not counted elsewhere.
    """

    n: int
    agreement: ShareDocument
    kappa: CoefficientDocument
    weighted_kappa: CoefficientDocument | None
    unanswered: int
    unreadable: int
