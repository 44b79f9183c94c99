"""scikit-learn's contract."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from extremum.regression import LinearRegression, LogisticRegression, PoissonRegression


@pytest.mark.filterwarnings("ignore")  # the checks' own tables: separated classes, equal columns
@parametrize_with_checks([LinearRegression(), LogisticRegression(), PoissonRegression()])
def test_the_contract_of_scikit_learn(estimator, check):
    check(estimator)
