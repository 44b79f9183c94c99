class LowRankSum:
    def __init__(self,*a): raise NotImplementedError
